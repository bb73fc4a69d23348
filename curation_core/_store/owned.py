"""The tables that plugins bring along for their own bookkeeping: made on command, never at start."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, MetaData, Table, func, inspect, select
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.schema import CreateIndex, CreateTable


async def missing(engine: AsyncEngine, tables: Sequence[Table]) -> list[Table]:
    """Which of these tables the database does not have."""
    if not tables:
        return []
    async with engine.connect() as connection:
        return await connection.run_sync(_missing, tables)


async def create(engine: AsyncEngine, tables: Sequence[Table]) -> list[Table]:
    """Make those that are missing, in one transaction. Those that are there stay as they are.

    Two of these at once run one after the other.

    Returns:
        What was made.
    """

    def run(connection: Connection) -> list[Table]:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("curation plugin tables"))))
        made = _missing(connection, tables)
        for metadata, own in _by_metadata(made).items():
            metadata.create_all(connection, tables=own)
        return made

    async with engine.begin() as connection:
        return await connection.run_sync(run)


def statements(tables: Sequence[Table]) -> str:
    """The statements that make them, for somebody else to run."""
    dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    made: list[CreateTable | CreateIndex] = []
    for table in tables:
        made += [CreateTable(table), *(CreateIndex(index) for index in sorted(table.indexes, key=_name))]
    return "".join(f"{str(element.compile(dialect=dialect)).strip()};\n\n" for element in made)


def _missing(connection: Connection, tables: Sequence[Table]) -> list[Table]:
    there = inspect(connection)
    return [table for table in tables if not there.has_table(table.name, schema=table.schema)]


def _by_metadata(tables: Sequence[Table]) -> dict[MetaData, list[Table]]:
    found: dict[MetaData, list[Table]] = {}
    for table in tables:
        found.setdefault(table.metadata, []).append(table)
    return found


def _name(index: object) -> str:
    return str(getattr(index, "name", ""))
