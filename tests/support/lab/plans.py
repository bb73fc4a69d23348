"""How the database runs a statement of the engine: prepared on the engine's own connection, with its generic plan."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import asyncpg

from curation_core._sql.rows import named

_OPTIONS = "explain (analyze, buffers, costs off, timing off, summary off, format json) execute examined"


@dataclass(frozen=True)
class Run:
    """What one run of a statement cost.

    Args:
        buffers: Pages of 8 kB that were looked at.
        scans: The kinds of scan by relation or index: ``{("Seq Scan", "page")}``.
        rows: How many came back.
    """

    buffers: int
    scans: frozenset
    rows: int

    def reads_all_of(self, table):
        """Whether any part of it goes through a whole table."""
        return ("Seq Scan", table) in self.scans


@asynccontextmanager
async def examiner(engine):
    """Runs statements on one connection of the engine's, each rolled back."""
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection

        async def examine(statement, **values):
            compiled = statement.compile(dialect=asyncpg.dialect())
            bound = {name: bind.value for name, bind in compiled.binds.items()} | named(**values)
            sent = compiled.construct_expanded_state(bound)
            prepared = f"prepare examined as {sent.statement}"
            arguments = ", ".join(as_literal(bound[name]) for name in sent.positiontup or ())
            explained = f"{_OPTIONS}({arguments})" if arguments else _OPTIONS
            transaction = driver.transaction()
            await transaction.start()
            await driver.execute(prepared)
            [answer] = await driver.fetchval(explained)
            await transaction.rollback()
            await driver.execute("deallocate examined")
            return run_of(answer["Plan"])

        yield examine


def as_literal(value):
    """A value as SQL has it."""
    if isinstance(value, list):
        return f"array[{', '.join(map(as_literal, value))}]"
    if value is None or isinstance(value, int | float):
        return "null" if value is None else str(value)
    text = json.dumps(value) if isinstance(value, dict) else str(value)
    return "'" + text.replace("'", "''") + "'"


def run_of(plan):
    """What a plan in JSON says."""
    nodes = list(_nodes(plan))
    scans = {
        (node["Node Type"], node.get("Index Name") or node.get("Relation Name"))
        for node in nodes
        if "Scan" in node["Node Type"] and ("Relation Name" in node or "Index Name" in node)
    }
    return Run(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], frozenset(scans), plan["Actual Rows"])


def _nodes(plan):
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)
