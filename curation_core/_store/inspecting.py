"""Look at a workflow's table as the database has it, and rehearse the engine's statements on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from curation_core._sql import catalog, rescue, settle
from curation_core._sql import claim as claim_sql
from curation_core._sql.cursor import Cursor, segments
from curation_core._sql.rows import Facts, Rows, named
from curation_core._store.connections import is_passing
from curation_core.ledger import Ledger
from curation_core.states import Role

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column as the database has it.

    Args:
        type: As ``format_type`` writes it: ``character varying(20)``, ``page_status``.
        category: PostgreSQL's letter for its kind: ``S`` text, ``N`` number, ``E`` enum, ``D`` date or time, ….
        oid: The type's, by which the driver knows it.
        required: NOT NULL.
        labels: A native enum's words.
    """

    type: str
    category: str
    oid: int
    required: bool
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table as the database has it.

    Args:
        kind: PostgreSQL's letter: ``r`` a table, ``p`` a partitioned one, ``v`` a view, …; empty: it does not exist.
        columns: By name.
        unique: The column sets of its unique indexes.
        checks: By name, the CHECK constraints on one column: that column and the definition.
        inherited: Whether there are tables, or partitions, below it.
    """

    kind: str = ""
    columns: Mapping[str, ColumnFacts] = field(default_factory=dict)
    unique: tuple[frozenset[str], ...] = ()
    checks: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    inherited: bool = False

    def as_facts(self) -> Facts:
        """What the statements need of it."""
        return Facts(
            types={name: column.type for name, column in self.columns.items()},
            oids={name: column.oid for name, column in self.columns.items()},
            nullable=frozenset(name for name, column in self.columns.items() if not column.required),
        )


async def describe(engine: AsyncEngine, table: Table) -> TableFacts:
    """Read a table's facts from the catalogs."""
    async with engine.connect() as connection:
        return await connection.run_sync(described, table)


def described(connection: Connection, table: Table) -> TableFacts:
    """The same in a transaction that is open already, an application's."""
    quoted = connection.dialect.identifier_preparer.format_table(table)
    found = connection.execute(catalog.relation(), named(name=quoted)).first()
    if found is None:
        return TableFacts()
    of = named(oid=found.oid)
    columns = {
        row.name: ColumnFacts(row.type, row.category, row.oid, row.required, tuple(row.labels or ()))
        for row in connection.execute(catalog.columns(), of)
    }
    unique = tuple(frozenset(names) for names in connection.execute(catalog.unique_columns(), of).scalars())
    checks = {row.name: (row.column, row.definition) for row in connection.execute(catalog.checks(), of)}
    return TableFacts(found.kind, columns, unique, checks, found.inherited)


async def words_in_use(engine: AsyncEngine, rows: Rows) -> set[str]:
    """Words that rows of a table have as their status: the commonest, not every one."""
    quoted = engine.dialect.identifier_preparer.format_table(rows.table)
    async with engine.connect() as connection:
        found = await connection.scalars(catalog.words_in_use(rows), named(name=quoted))
        return {word for word in found if word is not None}


async def rehearse(engine: AsyncEngine, ledger: Ledger, now: ColumnElement[Any], rows: Rows) -> str:
    """Run every statement of the claim and the settle with nothing to do, and roll back.

    What no comparison of types would foresee (a right that is missing, an operator that does not exist) shows here.

    Returns:
        The database's complaint, or an empty text.
    """
    async with engine.connect() as connection:
        try:
            await _run_all(connection, ledger, now, rows)
        except DBAPIError as error:
            if is_passing(error):
                raise
            return str(error.orig)
        finally:
            await connection.rollback()
    return ""


async def _run_all(connection: AsyncConnection, ledger: Ledger, now: ColumnElement[Any], rows: Rows) -> None:
    nothing = named(worker=_NOBODY, limit=0, item=[], token=[], error={}, change={})
    for segment in range(len(segments(rows))):
        for after in (None, (None,) * len(rows.ordering)):
            cursor = Cursor(segment, after)
            fresh = claim_sql.claim_fresh(rows, ledger, now, cursor)
            await connection.execute(fresh, {**nothing, **cursor.bind()})
    await connection.execute(claim_sql.claim_due(rows, ledger, now), nothing)
    await connection.execute(settle.drop_if_held(rows, ledger), nothing)
    await connection.execute(settle.rearm_if_held(rows, ledger, now), nothing)
    for role in Role:
        await connection.execute(settle.move_if_processing(rows, role, with_error=True), nothing)
        await connection.execute(settle.move_if_processing(rows, role, with_error=False), nothing)
    await connection.execute(rescue.drop_unwanted_waiting(rows, ledger, now))
