"""What a log line says, and whom it is about."""

import asyncio
import io
import json
import logging
import re
import sys
from datetime import UTC, datetime

import pytest

from curation_core._logging import configure_logging, log_context
from curation_core.settings import LogSettings

logger = logging.getLogger("somebody.elses.library")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def undone():
    root, clock = logging.getLogger(), logging.getLogger("apscheduler")
    before = [*root.handlers], root.level, clock.level
    yield
    root.handlers[:], root.level = before[0], before[1]
    clock.setLevel(before[2])


@pytest.fixture
def lines():
    stream = io.StringIO()
    configure_logging(LogSettings(), stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_away_from_a_terminal_each_line_is_one_json_object(lines):
    before = datetime.now(UTC)
    logger.warning("the page\nis %s", "gone", extra={"status": 404, "at": before})
    (line,) = lines()
    assert datetime.fromisoformat(line.pop("time")) <= datetime.now(UTC)
    assert line == {
        "level": "warning",
        "logger": "somebody.elses.library",
        "message": "the page\nis gone",
        "status": 404,
        "at": str(before),
    }


def test_a_line_inside_a_context_says_what_it_is_about(lines):
    with log_context(worker="w1"):
        with log_context(workflow="deep-scan", item="[42]", attempt=2):
            logger.info("inside")
        logger.info("between")
    logger.info("outside")
    about = [{name: line.get(name) for name in ("worker", "workflow", "item", "attempt")} for line in lines()]
    nobody = dict.fromkeys(["worker", "workflow", "item", "attempt"])
    assert about == [
        {"worker": "w1", "workflow": "deep-scan", "item": "[42]", "attempt": 2},
        {**nobody, "worker": "w1"},
        nobody,
    ]


async def test_items_that_run_at_once_keep_their_names_apart(lines):
    all_inside = asyncio.Barrier(3)

    async def process(item):
        with log_context(item=item):
            await all_inside.wait()
            logger.info("in the task")
            await asyncio.to_thread(logger.info, "in its thread")

    with log_context(workflow="deep-scan"):
        await asyncio.gather(*(process(f"[{number}]") for number in range(3)))
    seen = sorted((line["item"], line["workflow"], line["message"]) for line in lines())
    wheres = ["in its thread", "in the task"]
    assert seen == [(f"[{number}]", "deep-scan", where) for number in range(3) for where in wheres]


def test_an_exception_stands_in_the_line_with_its_traceback(lines):
    try:
        {}["x"]
    except KeyError:
        logger.exception("it went wrong")
    assert lines()[0]["error"].endswith("KeyError: 'x'")


@pytest.mark.parametrize(("stream", "form"), [(Terminal(), "auto"), (io.StringIO(), "text")])
def test_at_a_terminal_a_line_is_short_text(stream, form):
    configure_logging(LogSettings(format=form), stream)
    with log_context(workflow="deep-scan", item="[42]", attempt=2, worker="w1"):
        logger.warning("the page is gone")
    logger.info("on its own")
    first, second = stream.getvalue().splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d warning deep-scan \[42\] #2: the page is gone", first)
    assert second.endswith(" info somebody.elses.library: on its own")


def test_a_terminal_can_be_given_json():
    stream = Terminal()
    configure_logging(LogSettings(format="json"), stream)
    logger.info("x")
    assert json.loads(stream.getvalue())["message"] == "x"


def test_what_was_found_on_a_page_does_not_steer_the_terminal():
    stream = Terminal()
    configure_logging(LogSettings(), stream)
    logger.error("title: \x1b]0;owned\x07\tok", exc_info=ValueError("\x9b2J"))
    assert r"title: \x1b]0;owned\x07" + "\tok" in stream.getvalue()
    assert r"ValueError: \x9b2J" in stream.getvalue()
    assert stream.getvalue().count("\n") == 2


@pytest.mark.parametrize(("level", "seen"), [("debug", "dIiWw"), ("info", "IiWw"), ("warning", "Ww"), ("error", "")])
def test_the_level_is_the_least_that_is_logged(level, seen):
    stream = io.StringIO()
    configure_logging(LogSettings(level=level), stream)
    ours = logging.getLogger("curation_core")
    logger.debug("d")
    ours.info("I")
    logger.info("i")
    ours.warning("W")
    logger.warning("w")
    assert "".join(json.loads(line)["message"] for line in stream.getvalue().splitlines()) == seen


@pytest.mark.parametrize(("level", "seen"), [("debug", ["tick", "late"]), ("info", ["late"]), ("error", [])])
def test_a_clocks_firings_are_logged_for_debugging_alone(level, seen):
    stream = io.StringIO()
    configure_logging(LogSettings(level=level), stream)
    clock = logging.getLogger("apscheduler.executors.default")
    clock.info("tick")
    clock.warning("late")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == seen


def test_configuring_again_replaces_our_handler_and_nobody_elses():
    first, second = io.StringIO(), io.StringIO()
    others = [*logging.getLogger().handlers]
    configure_logging(LogSettings(), first)
    configure_logging(LogSettings(), second)
    logger.info("x")
    assert (first.getvalue(), second.getvalue().count("\n")) == ("", 1)
    assert others == logging.getLogger().handlers[:-1]


def test_lines_go_to_the_standard_error_unless_told_otherwise(capsys):
    configure_logging(LogSettings())
    logger.info("x")
    caught = capsys.readouterr()
    assert (caught.out, json.loads(caught.err)["message"]) == ("", "x")
    assert sys.stderr.isatty() is False
