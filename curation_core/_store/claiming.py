"""Claim rows, within the limits that hold over all hosts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from curation_core._sql import claim as claim_sql
from curation_core._sql import control as control_sql
from curation_core._sql.cursor import Cursor, segments
from curation_core._sql.rows import Rows, named
from curation_core.claims import Claim
from curation_core.ledger import Ledger

_CLAIM_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a workflow may run over all hosts; 0 is no limit.

    Args:
        max_instances: Processes.
        max_in_flight: Items.
    """

    max_instances: int = 0
    max_in_flight: int = 0

    def __bool__(self) -> bool:
        return bool(self.max_instances or self.max_in_flight)


@dataclass(frozen=True, slots=True)
class Window:
    """What one claim of fresh rows brought.

    Args:
        claims: The rows won.
        cursor: Where the next window starts, or ``None`` when this one reached the end of the order.
        held_back: A limit over all hosts is reached: no row was looked at.
    """

    claims: list[Claim]
    cursor: Cursor | None
    held_back: bool = False


class ClaimStore:
    """Claims the rows of one workflow.

    Args:
        engine: The engine's connections.
        ledger: The engine's tables.
        now: The SQL expression for the present.
        rows: The workflow's rows.
        worker: Who claims.
        limits: What holds over all hosts.
    """

    def __init__(
        self, engine: AsyncEngine, ledger: Ledger, now: ColumnElement[Any], rows: Rows, worker: UUID, limits: Limits
    ) -> None:
        self._plain = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._engine = engine
        self._ledger = ledger
        self._now = now
        self._rows = rows
        self._worker = worker
        self._limits = limits
        self._due = claim_sql.claim_due(rows, ledger, now)
        self._fresh: dict[tuple[int, bool], Select[*tuple[Any, ...]]] = {}
        self._held = claim_sql.claims_held(rows, ledger)
        self._lock = control_sql.lock_control(rows, ledger)
        self._count = control_sql.count_live(rows, ledger)

    async def due(self, limit: int) -> list[Claim]:
        """Claim rows whose wait for a retry is over."""
        found, _ = await self._claim(self._due, limit, {})
        return _claims(found)

    async def fresh(self, limit: int, cursor: Cursor) -> Window:
        """Claim queued rows from the cursor on. May bring fewer than ``limit``, even none, while the cursor moves."""
        kind = (cursor.segment, cursor.after is not None)
        if kind not in self._fresh:
            self._fresh[kind] = claim_sql.claim_fresh(self._rows, self._ledger, self._now, cursor)
        found, room = await self._claim(self._fresh[kind], limit, cursor.bind())
        if room <= 0:
            return Window([], cursor, held_back=True)
        scanned = found[0][1 + _CLAIM_COLUMNS] if found else 0
        if scanned == room:
            return Window(_claims(found), Cursor(cursor.segment, tuple(found[0][2 + _CLAIM_COLUMNS :])))
        last = cursor.segment + 1 == len(segments(self._rows))
        return Window(_claims(found), None if last else Cursor(cursor.segment + 1))

    async def held(self) -> list[Claim]:
        """The claims that the database says this worker holds, without their rows."""
        async with self._engine.connect() as connection:
            found = await connection.execute(self._held, named(worker=self._worker))
            return [Claim(None, *row) for row in found]

    async def _claim(
        self, statement: Select[*tuple[Any, ...]], limit: int, parameters: dict[str, Any]
    ) -> tuple[list[Any], int]:
        # One statement is one transaction, unless a limit has to be counted first: counting and claiming must then be
        # one step to every other host, hence the lock, and the claim must not share the count's snapshot.
        if not self._limits:
            async with self._plain.connect() as connection:
                return await _execute(connection, statement, limit, self._worker, parameters), limit
        async with self._engine.begin() as connection:
            await connection.execute(self._lock)
            room = await self._room(connection, limit)
            if room <= 0:
                return [], 0
            return await _execute(connection, statement, room, self._worker, parameters), room

    async def _room(self, connection: AsyncConnection, limit: int) -> int:
        live = (await connection.execute(self._count, named(worker=self._worker))).one()
        if self._limits.max_instances and live.others >= self._limits.max_instances:
            return 0
        if self._limits.max_in_flight:
            return min(limit, self._limits.max_in_flight - int(live.items))
        return limit


async def _execute(
    connection: AsyncConnection,
    statement: Select[*tuple[Any, ...]],
    limit: int,
    worker: UUID,
    parameters: dict[str, Any],
) -> list[Any]:
    session = AsyncSession(bind=connection, expire_on_commit=False)
    found = await session.execute(statement, {**named(worker=worker, limit=limit), **parameters})
    everything = list(found.all())
    # Detached, not transient: a plugin that adds the item to its session must not insert it again.
    session.expunge_all()
    return everything


def _claims(found: list[Any]) -> list[Claim]:
    return [Claim(*row[: 1 + _CLAIM_COLUMNS]) for row in found if row[0] is not None]
