"""Every statement of the engine as a file that a person can read: a change of one shows in its review.

After a change that is meant, write them anew: ``CURATION_WRITE_GOLDEN=1 pytest tests/sql/test_golden.py``
"""

import inspect
import os
import re
from itertools import product
from pathlib import Path
from textwrap import wrap

import pytest
import sqlalchemy
from sqlalchemy import BigInteger, DateTime, Enum, MetaData, SmallInteger, String, Text, func
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql.base import Executable

from curation_core import Role, Selection, States, Workflow
from curation_core._sql import catalog, claim, control, decide, operate, rescue, settle, worker
from curation_core._sql.cursor import Cursor, segments
from curation_core._sql.rows import Facts, Rows, named
from curation_core.ledger import Ledger

GOLDEN = Path(__file__).parent / "golden"
LEDGER, NOW = Ledger(), func.statement_timestamp()
LIMIT = 100
SPOKEN_BY = "2.1"  # the SQLAlchemy that the files were written with; another one may say the same in other words


WORDS = ("Queued", "Processing", "Complete", "Error", "Filtered")


class Base(DeclarativeBase):
    metadata = MetaData()


class Page(Base):
    """The usual: a bigint key, a native enum, a reason, what a person selected, an order by age."""

    __tablename__ = "pages"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    status: Mapped[str] = mapped_column(
        Enum("Queued", "Processing", "Complete", "Error", "Filtered", name="page_status")
    )
    error: Mapped[str | None] = mapped_column(String(1024))
    curation: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[object] = mapped_column(DateTime(timezone=True))


class Parcel(Base):
    """The unusual: a key of two columns, numbers for words, no reason, nulls in an order that goes both ways."""

    __tablename__ = "parcels"
    __table_args__ = {"schema": "stock"}  # noqa: RUF012 - as in any model
    depot: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    state: Mapped[int] = mapped_column(SmallInteger)
    rank: Mapped[int | None] = mapped_column(SmallInteger)
    due: Mapped[object] = mapped_column(DateTime)


PAGES = Rows(
    "page-curation",
    Workflow(
        status=Page.status,
        error=Page.error,
        states=States(**dict(zip(Role, WORDS, strict=True))),
        where=Page.curation == "Selected",
        selection=Selection(column=Page.curation),
        order_by=(Page.updated_at,),
    ),
    Facts({"id": "bigint", "status": "page_status", "error": "character varying(1024)",
           "curation": "text", "updated_at": "timestamp with time zone"}, frozenset({"error"})),
)  # fmt: skip
PARCELS = Rows(
    "parcels",
    Workflow(
        status=Parcel.state,
        states=States(queued=0, processing=1, completed=2, failed=-1),
        selection=Selection(column="wanted", eligible=(None, Role.FAILED), withdrawn=9),
        order_by=(Parcel.rank.desc(), Parcel.due),
    ),
    Facts({"depot": "text", "number": "bigint", "state": "smallint", "rank": "smallint",
           "due": "timestamp without time zone"}, frozenset({"rank"})),
)  # fmt: skip


def of_rows(rows):
    """Every statement about a workflow's rows, by its name."""
    for segment, kind in enumerate(segments(rows)):
        for place, after in (("start", None), ("behind", ("?",) * len(rows.ordering))):
            cursor = Cursor(segment, after)
            yield f"claim_fresh__{kind}_{place}", claim.claim_fresh(rows, LEDGER, NOW, cursor)
    yield "words_in_use", catalog.words_in_use(rows)
    yield "first_fresh", claim.first_fresh(rows, LEDGER, NOW, Cursor())
    yield "postpone_due", claim.postpone_due(rows, LEDGER, NOW, suspects=False)
    yield "claim_due", claim.claim_due(rows, LEDGER, NOW)
    yield "claim_due__suspects", claim.claim_due(rows, LEDGER, NOW, suspects=True)
    yield "suspects_due", claim.suspects_due(rows, LEDGER, NOW)
    yield "claims_held", claim.claims_held(rows, LEDGER)
    yield "still_held", claim.still_held(rows, LEDGER)
    yield "lock_control", control.lock_control(rows, LEDGER)
    yield "count_live", control.count_live(rows, LEDGER)
    yield "drop_if_held", settle.drop_if_held(rows, LEDGER)
    yield "rearm_if_held", settle.rearm_if_held(rows, LEDGER, NOW)
    for role, with_error in product((Role.COMPLETED, Role.QUEUED, Role.FAILED), (False, True)):
        name = f"move_if_processing__{role}{'_with_error' if with_error else ''}"
        yield name, settle.move_if_processing(rows, role, with_error=with_error)
    yield "movable", settle.movable(rows)
    yield "there", settle.there(rows)
    yield "still_to_move", settle.still_to_move(rows)
    yield "failed_by_themselves", settle.failed_by_themselves(rows)
    yield "give_back_unwanted", settle.give_back_unwanted(rows)
    yield "drop_waiting", settle.drop_waiting(rows, LEDGER)
    yield "record", settle.record(rows, LEDGER, NOW)
    yield "recorded", settle.recorded(rows, LEDGER)
    yield "lock_lost", rescue.lock_lost(rows, LEDGER, NOW)
    yield "count_lost", rescue.count_lost(rows, LEDGER, NOW)
    yield "count_orphans", rescue.count_orphans(rows, LEDGER)
    yield "adopt_orphans__chosen", rescue.adopt_orphans(rows, LEDGER, NOW, everything=False)
    yield "adopt_orphans__everything", rescue.adopt_orphans(rows, LEDGER, NOW, everything=True)
    yield "drop_unwanted_waiting", rescue.drop_unwanted_waiting(rows, LEDGER, NOW)
    yield "queue__chosen", operate.queue(rows, everything=False)
    yield "queue__everything", operate.queue(rows, everything=True)
    yield "lock_decided", decide.lock_decided(rows)
    yield "write_decision", decide.write_decision(rows, "Maybe")
    yield "queue_selected", decide.queue_selected(rows, "Selected")
    yield "withdraw", decide.withdraw(rows, "Not a Fit")
    yield "any_left", operate.any_left(rows, LEDGER, NOW)
    yield "count_by_status", operate.count_by_status(rows)
    yield "claims_of", operate.claims_of(rows, LEDGER, NOW)
    yield "pause_of", operate.pause_of(rows, LEDGER, NOW)


def of_everybody():
    """Every statement that is about no workflow's rows, by its name."""
    yield "pause", control.pause(LEDGER, NOW)
    yield "pauses", control.pauses(LEDGER, NOW)
    yield "resume", control.resume(LEDGER, NOW)
    yield "notify", settle.notify("curation")
    yield "give_up_on_locks_after", settle.give_up_on_locks_after()
    yield "plan_as_anywhere", settle.plan_as_anywhere()
    yield "forget_dead_workers", rescue.forget_dead_workers(LEDGER, NOW)
    yield "prune_history", rescue.prune_history(LEDGER, NOW)
    yield "workers_alive", operate.workers_alive(LEDGER, NOW)
    yield "register", worker.register(LEDGER, NOW)
    yield "beat", worker.beat(LEDGER, NOW)
    yield "leave", worker.leave(LEDGER)
    yield "relation", catalog.relation()
    yield "columns", catalog.columns()
    yield "unique_columns", catalog.unique_columns()
    yield "checks", catalog.checks()


STATEMENTS = {
    f"{folder}/{name}.sql": statement
    for folder, found in (("pages", of_rows(PAGES)), ("parcels", of_rows(PARCELS)), ("engine", of_everybody()))
    for name, statement in found
}
MODULES = (catalog, claim, control, decide, operate, rescue, settle, worker)
NO_STATEMENTS = {"paused", "is_suspect"}  # conditions, which the claims have in them


def readable(statement):
    """The statement's text as it is sent, its literals in it, laid out for reading."""
    compiled = statement.compile(dialect=asyncpg.dialect())
    given = {bind.key: bind.value for bind in compiled.binds.values()} | named(limit=LIMIT)
    sent = compiled.construct_expanded_state(given)
    names = [name.removeprefix("curation_") for name in sent.positiontup or ()]
    header = "".join(f"-- ${at}: {name}\n" for at, name in enumerate(names, start=1))
    return f"{header}{laid_out(sent.statement)};\n"


CLAUSES = re.compile(
    r"(?<!DISTINCT)\s+(FROM|WHERE|SET|VALUES|RETURNING|ORDER BY|GROUP BY|LIMIT|FOR NO KEY UPDATE|FOR UPDATE|"
    r"ON CONFLICT|DO UPDATE|DO NOTHING|USING|LEFT OUTER JOIN|JOIN|AND|OR|SELECT|UPDATE|DELETE FROM|INSERT INTO)\b"
)


def laid_out(sql):
    """One clause a line, indented by the brackets around it, long ones folded."""
    lines, depth = [], 0
    parts = re.sub(r"\), (curation_\w+ AS \()", r"),\n\1", re.sub(r"\s+", " ", sql))
    for line in CLAUSES.sub(r"\n\1", parts).splitlines():
        indent = "  " * depth
        lines += wrap(line, 120, initial_indent=indent, subsequent_indent=indent + "    ", break_on_hyphens=False)
        depth += line.count("(") - line.count(")")
    return "\n".join(lines)


@pytest.fixture(scope="module", autouse=True)
def _written_anew():
    if os.environ.get("CURATION_WRITE_GOLDEN"):
        for old in GOLDEN.rglob("*.sql"):
            old.unlink()
        for name, statement in STATEMENTS.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_text(readable(statement))


@pytest.mark.skipif(not sqlalchemy.__version__.startswith(SPOKEN_BY), reason=f"written with SQLAlchemy {SPOKEN_BY}")
@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_the_one_that_was_reviewed(name):
    assert readable(STATEMENTS[name]) == (GOLDEN / name).read_text()


def test_no_file_is_left_of_a_statement_that_is_gone():
    assert {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*.sql")} == set(STATEMENTS)


def test_every_statement_of_the_engine_has_its_file():
    written = {Path(name).stem.split("__")[0] for name in STATEMENTS}
    there_are = {
        name
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    assert there_are - NO_STATEMENTS == written
    assert all(isinstance(statement, Executable) for statement in STATEMENTS.values())


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_has_no_limit_or_word_that_the_planner_can_not_see(name):
    """A bound limit makes the planner expect a tenth of the table; a bound word uses no partial index."""
    sent = readable(STATEMENTS[name])
    assert not re.search(r"LIMIT \$", sent)
    assert not re.search(r"(status|state) (=|IS NOT DISTINCT FROM) \$", sent)


@pytest.mark.parametrize("name", [name for name in STATEMENTS if name.split("/")[1].startswith("claim_")])
def test_a_claim_never_takes_a_lock_that_keeps_child_rows_out(name):
    sent = readable(STATEMENTS[name])
    assert "FOR NO KEY UPDATE" in sent
    assert "SKIP LOCKED" in sent
