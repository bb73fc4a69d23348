"""What a person at a terminal sees."""

import logging
import os
import re
import signal
from types import SimpleNamespace

import pytest

from curation_core._cli.exits import Exit
from curation_core._cli.progress import reporting

PLUGINS = ["--plugin", "pages", "--plugin", "pairs"]


class Screen:
    """A process whose output and input are a terminal."""

    def __init__(self, cli, *arguments):
        here, there = os.openpty()
        self._here = here
        self.process = cli.start(*arguments, stdin=there, stdout=there, stderr=there)
        os.close(there)
        self.text = ""

    def read_until(self, wanted):
        """What has been shown so far, once that is shown; to the end if it never is."""
        while not re.search(wanted, self.text):
            try:
                self.text += os.read(self._here, 65536).decode()
            except OSError:  # the other end is closed: the process has ended
                break
        return self.text

    def close(self):
        self.read_until(r"(?!)")
        os.close(self._here)
        return self.process.wait()


@pytest.fixture
def screen(cli, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: Screen(cli, *arguments)


def test_a_table_is_drawn(screen):
    shown = screen("workflows", *PLUGINS)
    assert re.search(r"workflow +status column", re.sub(r"\x1b\[\d+m", "", shown.read_until("pair.status")))
    assert shown.close() == Exit.WELL
    assert "\x1b[1m" in shown.text


def test_watching_clears_the_screen_before_each_look(database, screen):
    database.pages("a")
    shown = screen("status", "--watch", *PLUGINS)
    shown.read_until(r"(?s)Nobody is at work.*\x1b\[2J.*Nobody is at work")
    shown.process.send_signal(signal.SIGINT)
    assert shown.close() == Exit.INTERRUPTED
    assert shown.text.count("\x1b[2J") >= 2


def test_a_run_until_idle_shows_how_it_gets_on_and_logs_as_text(database, screen):
    database.pages("do", "fail")
    shown = screen("run", "--until-idle", "--plugin", "unfit", *PLUGINS)
    assert shown.close() == Exit.FOUND
    assert re.search(r"\d\d:\d\d:\d\d error curation_core\._binding: unfit is disabled", shown.text)
    assert re.search(r"pages +1 +0 +1 +0", shown.text)
    assert '"level"' not in shown.text


async def test_away_from_a_terminal_a_line_is_logged_at_intervals(caplog, eventually):
    caplog.set_level(logging.INFO)
    engine = SimpleNamespace(counts={"pages": {"done": 3, "failed": 1}, "pairs": {"done": 2}})
    async with reporting(engine, until_idle=True, every=0.01):
        await eventually(lambda: caplog.messages)
        engine.counts["pairs"]["done"] = 3
        await eventually(lambda: len(caplog.messages) == 2)
    assert caplog.messages == ["ended=6 failed=1 rate=600.0/s", "ended=7 failed=1 rate=100.0/s"]
