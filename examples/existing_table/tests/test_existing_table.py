import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from curation_core import Fail, Skip
from erp import ERP, JOURNAL, LINES, ORDERS, make
from freight import Code, Freight, OrderLine, process_item

HERE = Path(__file__).resolve().parents[1]
CATALOGS = (
    text(
        "select to_jsonb(c) - '{relpages, reltuples, relallvisible, relallfrozen, relfrozenxid, relminmxid}'::text[] "
        "from pg_class c where relnamespace = 'erp'::regnamespace order by oid"
    ),
    text(
        "select to_jsonb(a) from pg_attribute a join pg_class c on c.oid = attrelid "
        "where relnamespace = 'erp'::regnamespace order by attrelid, attnum"
    ),
    text("select pg_get_constraintdef(oid) from pg_constraint where connamespace = 'erp'::regnamespace order by oid"),
    text(
        "select pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = tgrelid "
        "where relnamespace = 'erp'::regnamespace order by t.oid"
    ),
    text("select pg_get_functiondef(oid) from pg_proc where pronamespace = 'erp'::regnamespace order by oid"),
)
"""All that a database knows of a schema, but for the statistics of its planner and its vacuum."""


async def found(url, *queries):
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        return [[tuple(row) for row in await connection.execute(query)] for query in queries]


@pytest.fixture(scope="module")
def worked(curation_server):
    """The ERP's catalogs and lines before, and then; in between, the commands that an operator types."""
    commands = [
        ("db", "upgrade"),
        ("run", "--until-idle"),
        ("queue", "freight", "7002,1"),
        ("queue", "freight", "--all"),
    ]
    with curation_server.database() as url:
        asyncio.run(make(url))
        before = asyncio.run(found(url, *CATALOGS, select(LINES)))
        environment = os.environ | {"CURATION_DATABASE_URL": url, "CURATION_PLUGINS": "freight"}
        codes = [
            subprocess.run(
                [sys.executable, "-m", "curation_core", *words, "--plugin", "freight"],
                cwd=HERE,
                env=environment,
                check=False,
            ).returncode
            for words in commands
        ]
        assert codes == [
            0,
            1,
            0,
            5,
        ]  # 1: a line is refused. 5: `--all` means the invoiced line too, which the ERP refuses
        after = asyncio.run(found(url, *CATALOGS, select(LINES)))
        journal, charges = asyncio.run(found(url, select(JOURNAL.c.before, JOURNAL.c.after), select(Freight.__table__)))
        yield before, after, journal, charges


def test_the_erps_tables_are_defined_as_before_when_all_is_done(worked):
    (*before, _), (*after, _), _, _ = worked
    assert all(before)
    assert after == before


def test_nothing_is_written_but_status_remark_and_the_charge(worked):
    (*_, before), (*_, after), journal, charges = worked
    ours = {LINES.c.status, LINES.c.remark}
    kept = [at for at, column in enumerate(LINES.c) if column not in ours]
    assert sorted([row[at] for at in kept] for row in after) == sorted([row[at] for at in kept] for row in before)
    changed = {name for old, new in journal for name in old if old[name] != new[name]}
    assert changed == {column.name for column in ours}
    assert charges == [(7001, 1, 18_000)]


def test_the_erps_journal_shows_our_steps_and_no_other(worked):
    _, _, journal, _ = worked
    steps = [(new["order_no"], new["line_no"], old["status"], new["status"]) for old, new in journal]
    assert sorted(steps) == [
        (7001, 1, 20, 25),
        (7001, 1, 25, 30),
        (7001, 2, 20, 25),
        (7001, 2, 25, 35),
        (7002, 1, 20, 25),
        (7002, 1, 25, 91),
        (7002, 1, 91, 20),
    ]


def test_lines_are_told_apart_by_both_columns_of_their_key(curation_harness):
    harness = curation_harness("freight", "freight")

    async def story():
        await harness.create_tables(ERP)
        await harness.execute(LINES.insert().values(ORDERS))
        counts = await harness.drain(engines=2)
        lines = await harness.rows()
        return counts, {(row.order_no, row.line_no): (row.status, row.remark) for row in lines}

    counts, lines = asyncio.run(story())
    assert counts == {"done": 1, "skipped": 1, "failed": 1}
    assert lines == {
        (6990, 1): (40, None),
        (7001, 1): (Code.CHARGED, None),
        (7001, 2): (Code.NOTHING_TO_SHIP, None),
        (7002, 1): (Code.REFUSED, "article MAGNET-XL has no weight"),
        (7002, 2): (10, None),
    }


@pytest.mark.parametrize(
    ("quantity", "weight", "found"),
    [
        (2, 50_000, 18_000),
        (1, 1, 1),
        (0, 900, Skip("the line was cancelled")),
        (1, None, Fail("article A has no weight")),
    ],
)
def test_a_begun_cent_is_charged_and_what_can_t_be_weighed_is_refused(quantity, weight, found):
    line = OrderLine(article="A", quantity=quantity, weight_g=weight)
    assert process_item(line) == found
