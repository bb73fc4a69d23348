"""`run_job_loop`: what it took over from the helper of that name, and what it adds. Attacks I1, I3, I4, I6, I7."""

import asyncio
import enum
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from lab.tables import Page
from sqlalchemy import BigInteger, Enum, Identity, MetaData, Text, asc, column, func, select, table, update
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import NullPool

from curation_core import DeclarationError, Fail, run_job_loop
from curation_core.errors import LedgerError

OLD_PROCESS = Path(__file__).resolve().parents[1] / "support" / "scheduler_process.py"


class Status(enum.StrEnum):
    Queued = "Queued"
    Processing = "Processing"
    Completed = "Completed"
    Error = "Error"


@pytest.fixture
async def sessions(lab):
    """The application's own sessions."""
    engine = create_async_engine(lab.url)
    yield async_sessionmaker(engine, expire_on_commit=False, autoflush=False)
    await engine.dispose()


@pytest.fixture
def loop(sessions):
    """One call, as a scheduler makes it."""

    async def call(function, **changes):
        arguments = {
            "model": Page,
            "status_enum": Status,
            "queued_status": Status.Queued,
            "processing_status": Status.Processing,
            "completed_status": Status.Completed,
            "failed_status": Status.Error,
            "processing_function": function,
            "batch_size": 10,
            "order_by_column": asc(Page.updated_at),
            "session_factory": sessions,
        }
        await run_job_loop(**(arguments | changes))

    return call


async def complete(number, session, status="Completed"):
    async with session.begin():
        await session.execute(update(Page).where(Page.id == number).values(status=status))


async def nothing(number, session):
    return None


async def test_a_function_gets_the_key_and_a_session_and_sets_the_final_status_itself(lab, loop):
    await lab.add_pages("a", "b")
    called = []

    async def process(number, session):
        called.append((number, type(session), session.in_transaction()))
        await complete(number, session)

    await loop(process)
    assert called == [(1, AsyncSession, False), (2, AsyncSession, False)]
    assert await lab.statuses() == {"Completed": 2}
    assert await lab.outcomes() == ["done", "done"]
    assert await lab.claims() == {}


async def test_the_batch_is_in_processing_before_the_first_function_runs(lab, loop):
    await lab.add_pages("a", "b", "c")
    seen = []

    async def process(number, session):
        seen.append((await lab.statuses(), len(await lab.claims())))

    await loop(process, batch_size=2)
    assert seen == [({"Processing": 2, "Queued": 1}, 2), ({"Completed": 1, "Processing": 1, "Queued": 1}, 1)]


async def test_a_row_that_the_function_leaves_in_processing_is_completed(lab, loop):
    await lab.add_pages("a")
    await loop(nothing)
    assert await lab.statuses() == {"Completed": 1}


async def test_an_exception_fails_the_row_with_its_text_cut_and_the_next_row_runs(lab, loop):
    await lab.add_pages("a", "b")

    async def process(number, session):
        if number == 1:
            raise RuntimeError("x" * 5000)

    await loop(process)
    assert [(page.status, page.error) for page in [await lab.page(1), await lab.page(2)]] == [
        ("Error", "x" * 1024),
        ("Completed", None),
    ]
    assert await lab.outcomes() == ["failed", "done"]


async def test_false_is_a_failure_and_so_is_an_outcome_that_says_so(lab, loop):
    await lab.add_pages("a", "b")
    answers = {1: False, 2: Fail("no such host")}

    async def process(number, session):
        return answers[number]

    await loop(process)
    assert (await lab.page(1)).error == "processing_function returned False"
    assert (await lab.page(2)).error == "no such host"
    assert await lab.statuses() == {"Error": 2}


async def test_the_status_that_a_function_has_set_is_not_overwritten_by_its_exception(lab, loop):
    await lab.add_pages("a")

    async def process(number, session):
        await complete(number, session, "Filtered")
        raise RuntimeError("and then something else went wrong")

    await loop(process)
    assert await lab.statuses() == {"Filtered": 1}
    assert [(row.outcome, row.reason) for row in await lab.history()] == [
        ("failed", "and then something else went wrong")
    ]


async def test_a_row_that_a_function_failed_itself_is_told_as_failed(lab, loop):
    await lab.add_pages("a")

    async def process(number, session):
        await lab.set_page(number, status="Error", error="no such host")

    await loop(process)
    assert [(row.outcome, row.reason) for row in await lab.history()] == [("failed", "no such host")]
    assert (await lab.page(1)).error == "no such host"


async def test_what_a_function_did_not_commit_is_rolled_back(lab, loop):
    await lab.add_pages("a")

    async def process(number, session):
        await session.execute(update(Page).where(Page.id == number).values(orders="changed"))
        raise RuntimeError

    await loop(process)
    page = await lab.page(1)
    assert (page.status, page.error, page.orders) == ("Error", "RuntimeError", "a")


async def test_a_row_that_a_person_moved_before_its_turn_is_left_alone(lab, loop):
    """I6"""
    await lab.add_pages("a", "b")
    ran = []

    async def process(number, session):
        ran.append(number)
        await lab.set_page(2, status="Not a Fit")

    await loop(process)
    assert ran == [1]
    assert await lab.statuses() == {"Completed": 1, "Not a Fit": 1}
    assert await lab.claims() == {}


async def test_a_row_that_is_queued_again_while_it_runs_runs_again_in_the_next_call(lab, loop):
    await lab.add_pages("a")
    ran = []

    async def process(number, session):
        ran.append(number)
        if len(ran) == 1:
            await lab.set_page(1, status="Queued")

    await loop(process)
    assert await lab.statuses() == {"Queued": 1}
    await loop(process)
    assert ran == [1, 1]
    assert await lab.statuses() == {"Completed": 1}


async def test_no_connection_of_the_engine_is_held_in_a_transaction_while_a_function_runs(lab, loop):
    """I7"""
    await lab.add_pages("a")
    held = []

    async def process(number, session):
        activity = table("pg_stat_activity", column("state"), column("datname"))
        query = (
            select(func.count())
            .select_from(activity)
            .where(activity.c.datname == func.current_database(), activity.c.state == "idle in transaction")
        )
        held.append(await lab.scalar(query))

    await loop(process)
    assert held == [0]


@pytest.mark.parametrize("kind", ["coroutine", "context", "maker"])
async def test_each_kind_of_session_factory_is_understood(lab, loop, sessions, kind):
    await lab.add_pages("a")

    async def get_session():
        return sessions()

    @asynccontextmanager
    async def get_background_session():
        async with sessions() as session:
            yield session

    factories = {"coroutine": get_session, "context": get_background_session, "maker": sessions}
    await loop(complete, session_factory=factories[kind])
    assert await lab.statuses() == {"Completed": 1}


async def test_a_session_is_closed_after_each_item(lab, loop, sessions):
    await lab.add_pages("a", "b")
    used = []

    async def process(number, session):
        used.append(session)
        await session.execute(select(Page.id))

    await loop(process)
    assert len({id(session) for session in used}) == 2
    assert [session.in_transaction() for session in used] == [False, False]


async def test_a_row_for_which_no_session_can_be_had_stays_queued(lab, loop, sessions):
    await lab.add_pages("a")
    asked = []

    async def scarce():
        asked.append(1)
        return sessions() if len(asked) == 1 else None

    await loop(nothing, session_factory=scarce)
    assert await lab.statuses() == {"Queued": 1}
    (claim,) = (await lab.claims()).values()
    assert (claim.worker, claim.attempt) == (None, 0)


async def test_a_cancelled_call_gives_back_what_it_has_not_done(lab, loop):
    await lab.add_pages("a", "b", "c")
    started = asyncio.Event()

    async def process(number, session):
        if number == 2:
            started.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(loop(process))
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await lab.statuses() == {"Completed": 1, "Queued": 2}
    assert [claim.attempt for claim in (await lab.claims()).values()] == [0, 0]
    assert await lab.scalar(select(lab.ledger.worker.c.id)) is None


async def test_a_function_that_cancels_itself_fails_its_row(lab, loop):
    await lab.add_pages("a", "b")

    async def process(number, session):
        if number == 1:
            raise asyncio.CancelledError

    await loop(process)
    assert await lab.statuses() == {"Error": 1, "Completed": 1}


async def test_calls_side_by_side_never_share_a_row(lab, loop):
    """I1"""
    await lab.add_pages(*("a" for _ in range(60)))
    ran = []

    async def process(number, session):
        ran.append(number)
        await asyncio.sleep(0)

    for _ in range(3):
        await asyncio.gather(*(loop(process, batch_size=7) for _ in range(3)))
    assert sorted(ran) == list(range(1, 61))
    assert await lab.statuses() == {"Completed": 60}


async def test_the_rows_of_a_process_that_died_are_queued_again_by_the_next_call(lab, loop, monkeypatch):
    """I4"""
    monkeypatch.setenv("CURATION_HOST__LOST_AFTER", "2s")
    await lab.add_pages("hang", "b")
    process = await started(lab, "new", "--batch", "2")
    await lab.eventually(lambda: said(process, "runs 1"))
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await lab.statuses() == {"Processing": 2}

    async def rescued():
        await loop(nothing)
        return (await lab.statuses()) == {"Queued": 2}

    await lab.eventually(rescued)
    assert all(claim.lost == 1 and claim.worker is None for claim in (await lab.claims()).values())
    assert await lab.outcomes() == ["lost", "lost"]
    await lab.execute(update(lab.ledger.claim).values(retry_at=lab.ledger.claim.c.claimed_at))

    async def completed():  # a call of a process that stands still for long gives its rows back, for the next one
        await loop(nothing)
        return (await lab.statuses()) == {"Completed": 2}

    await lab.eventually(completed)
    assert [row.attempt for row in await lab.history() if row.outcome == "done"] == [2, 2]


async def test_a_late_answer_of_a_process_that_was_taken_for_dead_changes_nothing(lab, loop):
    """I3"""
    await lab.add_pages("a")

    async def process(number, session):
        await lab.execute(update(lab.ledger.claim).values(token=lab.ledger.token.next_value()))

    await loop(process)
    assert await lab.statuses() == {"Processing": 1}
    assert await lab.outcomes() == []


async def test_old_hosts_and_new_ones_work_one_table_side_by_side(lab):
    """I1"""
    await lab.add_pages(*("a" for _ in range(200)))
    processes = [await started(lab, kind, "--batch", "5") for kind in ("old", "new", "old", "new")]
    told = [(await process.communicate())[0].decode().split() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    ran = [sorted(int(word) for word in words if word.isdigit()) for words in told]
    assert sorted(number for numbers in ran for number in numbers) == list(range(1, 201))
    assert await lab.statuses() == {"Completed": 200}
    assert await lab.claims() == {}
    assert len(await lab.history()) == len(ran[1]) + len(ran[3]) > 0


async def test_it_runs_in_one_event_loop_after_the_other(lab, sessions):
    await lab.add_pages("a", "b")
    process = await started(lab, "new", "--batch", "1")
    assert (await process.communicate())[0].decode().count("runs") == 2
    assert await lab.statuses() == {"Completed": 2}


class Native(DeclarativeBase):
    metadata = MetaData()


class File(Native):
    __tablename__ = "native_file"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sitemap_import_status: Mapped[Status | None] = mapped_column(Enum(Status, name="import_status"))
    sitemap_import_error: Mapped[str | None] = mapped_column(Text)


async def test_a_native_enum_without_an_order_is_worked(lab, loop):
    await lab.create(Native.metadata)
    await lab.execute(File.__table__.insert(), [{"sitemap_import_status": Status.Queued}] * 2)
    names = {"status_field_name": "sitemap_import_status", "error_field_name": "sitemap_import_error"}
    await loop(nothing, model=File, order_by_column=None, **names)
    assert (await lab.all(select(File.sitemap_import_status))) == [(Status.Completed,)] * 2


async def test_engine_tables_that_are_missing_are_named_with_the_remedy(loop, empty_database_url):
    engine = create_async_engine(empty_database_url, poolclass=NullPool)
    with pytest.raises(LedgerError, match="run `curation db upgrade`"):
        await loop(nothing, session_factory=async_sessionmaker(engine))


async def test_a_database_that_is_away_is_logged_as_it_always_was(loop, caplog):
    engine = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none", poolclass=NullPool)
    await loop(nothing, session_factory=async_sessionmaker(engine))
    assert "nothing could be claimed; the next call tries again" in caplog.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status_enum": "Status"}, "status_enum must be an Enum class"),
        ({"completed_status": "Complete"}, "'Complete' is no member of Status; did you mean 'Completed'"),
        ({"status_field_name": "state"}, "Page has no column 'state'; did you mean 'status'"),
        ({"error_field_name": "reason"}, "Page has no column 'reason'"),
        ({"batch_size": 0}, "batch_size must be a number from 1 to 1000"),
        ({"processing_function": None}, "must be an async function"),
        ({"session_factory": async_sessionmaker()}, "session_factory must make sessions of an engine"),
    ],
)
async def test_arguments_that_can_not_be_right_are_named(lab, loop, changes, said):
    with pytest.raises(DeclarationError, match=said):
        await loop(**({"function": nothing} | changes))


async def test_words_that_the_database_does_not_have_are_named(lab, loop):
    await lab.create(MetaData())
    async with lab.transaction() as connection:
        await connection.run_sync(ENUM("Queued", "Processing", "Complete", "Error", name="import_status").create)
        await connection.run_sync(Native.metadata.create_all)
    names = {"status_field_name": "sitemap_import_status", "error_field_name": "sitemap_import_error"}
    with pytest.raises(DeclarationError, match="did you mean 'Complete'"):
        await loop(nothing, model=File, order_by_column=None, **names)


async def started(lab, *arguments):
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(OLD_PROCESS), *arguments, lab.url, stdout=pipe, limit=2**20
    )
    lab.processes.append(Started(process))
    return process


async def said(process, words):
    return words in (await process.stdout.readline()).decode()


class Started:
    def __init__(self, process):
        self._process = process

    async def kill(self):
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        self._process._transport.close()  # noqa: SLF001 - else its pipes live on until they are collected
