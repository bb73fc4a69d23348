import signal
import subprocess
from time import monotonic, sleep

import pytest

from curation_core._cli.exits import Exit

GUARD = 60  # seconds, against a test that hangs
PLUGIN = """
import asyncio
from pathlib import Path
from pages import *
from pages import declare_workflow

HANGS = 1

@hookimpl
async def process_item(item):
    Path(f"begun-{item.id}").touch()
    await asyncio.sleep(HANGS * 3600)
"""


def wait_for(condition):
    """Look until it is so."""
    end = monotonic() + GUARD
    while not (found := condition()):
        assert monotonic() < end, "it did not come to pass"
        sleep(0.02)
    return found


class Running:
    """``curation run --reload`` on the module `edited`, whose text a test changes."""

    def __init__(self, cli):
        self.folder = cli.folder
        self.said = cli.folder / "said"
        with self.said.open("w") as said:
            self.process = cli.start("run", "--reload", "--plugin", "edited", stdout=said, stderr=said)

    def save(self, text):
        (self.folder / "edited.py").write_text(text)

    def says(self, words):
        return wait_for(lambda: words in self.said.read_text())


@pytest.fixture
def start(cli, database):
    """Starts it; it and what it started have ended after the test."""
    cli.configure("[host]\ndrain_timeout = '10ms'\n[workflows.edited]\nevery = '100ms'\n")
    running = []

    def begin(text):
        (cli.folder / "edited.py").write_text(text)
        running.append(Running(cli))
        return running[-1]

    yield begin
    for each in running:
        each.process.kill()  # what it started drains when the pipe from it ends
        each.process.wait()
    wait_for(lambda: not database.workers())


def test_a_change_is_at_work_with_the_row_that_was_given_back(start, database):
    database.pages("any")
    running = start(PLUGIN)
    wait_for((running.folder / "begun-1").exists)
    running.save(PLUGIN.replace("HANGS = 1", "HANGS = 0"))  # of the same size, and soon after: as Python compares files
    wait_for(lambda: database.statuses() == ["Complete"])
    running.says("edited.py changed: it is started again")


def test_a_mistake_is_shown_and_waited_for_until_it_is_mended(start, database):
    database.pages("any")
    running = start(PLUGIN)
    wait_for((running.folder / "begun-1").exists)
    running.save(PLUGIN + "def broken(:\n")
    running.says("SyntaxError")
    running.says("it is started again when a file changes")
    assert running.process.poll() is None
    assert database.statuses() == ["Queued"]
    running.save(PLUGIN.replace("HANGS = 1", "HANGS = 0"))
    wait_for(lambda: database.statuses() == ["Complete"])


def test_a_module_that_is_broken_or_missing_at_the_start_is_waited_for(start, database):
    database.pages("any")
    running = start("1 / 0\n")
    running.says("ZeroDivisionError")
    (running.folder / "edited.py").unlink()
    running.says("No module named 'edited'")
    running.save(PLUGIN.replace("HANGS = 1", "HANGS = 0"))
    wait_for(lambda: database.statuses() == ["Complete"])


def test_a_signal_gives_the_row_back_and_ends_it(start, database):
    database.pages("any")
    running = start(PLUGIN)
    wait_for((running.folder / "begun-1").exists)
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(GUARD) == Exit.TERMINATED
    assert database.statuses() == ["Queued"]
    assert not database.workers()


def test_a_signal_ends_it_while_it_waits_for_a_mistake_to_be_mended(start):
    running = start("1 / 0\n")
    running.says("it is started again when a file changes")
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(GUARD) == Exit.INTERRUPTED


@pytest.mark.parametrize("other", [["--until-idle"], ["--processes", "2"]])
def test_it_goes_with_one_process_that_goes_on(cli, other):
    answer = cli("run", "--reload", *other)
    assert answer.code == Exit.USAGE
    assert "leave out --until-idle and --processes" in answer.err


def test_a_database_that_is_not_there_is_told_at_once(cli):
    cli.setenv("CURATION_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    process = cli.start("run", "--reload", "--plugin", "pages", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _, said = process.communicate(timeout=GUARD)
    assert process.returncode == Exit.DATABASE
    assert "127.0.0.1" in said
