"""The harness does what it says: faults are met where they are put, processes are real, answers are broken as told."""

import asyncio
import enum
import signal
from datetime import timedelta
from typing import Any

import pytest
from notes import Finding, Note, plugin_with
from sqlalchemy import Enum, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import States, Workflow, hookimpl
from curation_core.testing import Answer, Cut, Delay, Die, HarnessError, Hold, Raise, eventually, run_item
from curation_core.testing.faults import POINTS


@pytest.fixture
async def harness(curation_harness, curation_http):
    curation_http.otherwise(Answer("a page"))
    made = curation_harness("notes", plugin_with(), settings={"address": curation_http.base_url})
    await made.create_tables()
    return made


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(
    "fault", [Cut(), Delay(0.01), Raise(ConnectionError("gone"))], ids=lambda fault: type(fault).__name__
)
async def test_what_passes_at_any_point_costs_nothing(harness, point, fault):
    harness.faults.put(point, fault)
    await harness.add(Note(path="/1"))
    await harness.drain()
    assert await harness.statuses() == {"Done": 1}
    assert len(await harness.rows(select(Finding))) == 1


async def test_an_item_waits_where_it_is_held(harness):
    hold = harness.faults.put("in_settle", Hold())
    await harness.add(Note(path="/1"))
    async with harness.engine() as engine:
        await hold.arrived()
        assert await harness.statuses() == {"Processing": 1}
        await hold.release()
        await eventually(lambda: engine.counts.get("notes"))
    assert await harness.statuses() == {"Done": 1}


def test_a_fault_that_would_end_the_tests_is_refused(curation_harness):
    with pytest.raises(ValueError, match=r"harness\.start"):
        curation_harness("notes", plugin_with()).faults.put("claim", Die())


def test_an_unknown_point_is_refused_with_those_there_are(curation_harness):
    with pytest.raises(ValueError, match="before_process"):
        curation_harness("notes", plugin_with()).faults.put("befor_process", Cut())


async def test_a_process_can_be_frozen_and_goes_on(curation_harness, curation_http):
    harness = curation_harness("domain-extraction")
    await harness.create_tables()
    process = await harness.start()
    process.send(signal.SIGSTOP)
    process.send(signal.SIGCONT)
    process.tell("stop")
    assert (await process.said("over"))[0].startswith("over {")
    await process.died()


async def test_the_clock_of_a_database_goes_forward(curation_clock):
    before = await curation_clock.now()
    await curation_clock.advance(timedelta(hours=1))
    assert await curation_clock.now() - before >= timedelta(hours=1)


async def test_an_item_runs_without_a_database():
    class Told:
        async def fetch(self, path):
            return path * 2

    ran = await run_item(plugin_with(), Note(id=1, path="/a"), resources=Told())
    assert (ran.outcome, ran.result, ran.error) == ("done", "/a/a", None)


async def test_an_item_s_error_is_decided_as_by_an_engine(harness, curation_http):
    curation_http.otherwise(Answer(status=404))
    ran = await harness.run_item(Note(id=1, path="/a"))
    assert (ran.outcome, type(ran.error).__name__) == ("failed", "Refused")


async def test_a_plugin_that_needs_sessions_says_so_without_a_database():
    with pytest.raises(HarnessError, match="resources="):
        await run_item(plugin_with(), Note(id=1, path="/a"))


async def test_answers_are_held_until_they_are_let_go(curation_http):
    url = curation_http.answer("/held", Answer("at last"))
    with curation_http.held():
        asking = asyncio.create_task(asked(url))
        await curation_http.arrived()
        assert not asking.done()
    assert b"at last" in await asking


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (Answer("whole"), b"whole"),
        (Answer("12345678", broken="truncated"), b"content-length: 8\r\n\r\n1234"),
        (Answer(broken="garbage"), b"no HTTP\r\n\r\n"),
        (Answer(broken="reset"), b""),
        (Answer.of_json({"a": 1}), b'{"a": 1}'),
    ],
)
async def test_answers_are_broken_as_told(curation_http, answer, heard):
    assert (await asked(curation_http.answer("/x", answer))).endswith(heard)


async def asked(url):
    host, port = url.removeprefix("http://").partition("/")[0].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /{url.rpartition('/')[2]} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


class Course(enum.Enum):
    WAITS = "waits"
    RUNS = "runs"
    ENDED = "ended"
    BROKE = "broke"


class Stage(enum.Enum):
    WAITS = "waits"
    RUNS = "runs"
    ENDED = "ended"
    BROKE = "broke"
    SHELVED = "put aside"


class Label(enum.StrEnum):
    WAITS = "waits"
    RUNS = "runs"
    ENDED = "ended"
    BROKE = "broke"


def labels(members):
    return [member.value for member in members]


COLUMNS = {
    "members": (Course, Enum(Course, name="course"), Course.BROKE),
    "members by their values": (Stage, Enum(Stage, name="stage", values_callable=labels), Stage.SHELVED),
    "texts": (Course, String(20), "Not a Fit"),
    "labels": (Label, Enum(*labels(Stage), name="label"), "put aside"),
}


@pytest.mark.parametrize(("words", "column", "persons"), COLUMNS.values(), ids=COLUMNS)
async def test_words_are_told_as_the_plugin_declares_them_and_a_persons_is_another(
    curation_harness, words, column, persons
):
    class Tables(DeclarativeBase):
        pass

    class Errand(Tables):
        __tablename__ = "errands"
        id: Mapped[int] = mapped_column(primary_key=True)
        status: Mapped[Any] = mapped_column(column)

    states = States(queued=words.WAITS, processing=words.RUNS, completed=words.ENDED, failed=words.BROKE)

    class Errands:
        @hookimpl
        def declare_workflow(self):
            return Workflow(status=Errand.status, states=states)

        @hookimpl
        def process_item(self, item):
            return item.id

    harness = curation_harness("errands", Errands())
    await harness.create_tables()
    await harness.add(Errand(), Errand())
    assert await harness.statuses() == {words.WAITS: 2}
    await harness.drain()
    assert await harness.statuses() == {words.ENDED: 2}
    word = await harness.persons_word()
    await harness.set_status(word)
    assert (word, await harness.statuses()) == (persons, {persons: 2})
