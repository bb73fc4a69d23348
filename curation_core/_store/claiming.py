"""Claim rows, within the limits that hold over all hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from curation_core._sql import claim as claim_sql
from curation_core._sql import control as control_sql
from curation_core._sql.cursor import Cursor, segments
from curation_core._sql.rows import Rows, named
from curation_core._store.driver import DriverStatement, Loader
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
        pooler: Whether a transaction pooler stands between.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        ledger: Ledger,
        now: ColumnElement[Any],
        rows: Rows,
        worker: UUID,
        limits: Limits,
        *,
        pooler: bool = False,
    ) -> None:
        self._engine = engine
        self._rows = rows
        self._ledger = ledger
        self._now = now
        self._worker = worker
        self._limits = limits
        self._counted = bool(limits) or pooler
        self._loader = Loader(rows)
        self._statements: dict[tuple[int, int, bool] | tuple[int, bool], DriverStatement] = {}
        self._held = claim_sql.claims_held(rows, ledger)
        self._still_held = claim_sql.still_held(rows, ledger)
        self._lock = control_sql.lock_control(rows, ledger)
        self._count = control_sql.count_live(rows, ledger)

    async def due(self, limit: int) -> list[Claim]:
        """Claim rows whose wait for a retry is over."""
        found, _ = await self._claim(partial(self._due, suspects=False), limit, {})
        return self._claims(found)

    async def suspect(self) -> list[Claim]:
        """Claim one row, if there is one, that is to run alone."""
        found, _ = await self._claim(partial(self._due, suspects=True), 1, {})
        return self._claims(found)

    async def fresh(self, limit: int, cursor: Cursor) -> Window:
        """Claim queued rows from the cursor on. May bring fewer than ``limit``, even none, while the cursor moves."""
        found, room = await self._claim(partial(self._fresh, cursor), limit, cursor.bind())
        if room <= 0:
            return Window([], cursor, held_back=True)
        seen = self._loader.width + _CLAIM_COLUMNS
        if found and found[0][seen] == room:
            return Window(self._claims(found), Cursor(cursor.segment, tuple(found[0][seen + 1 :])))
        last = cursor.segment + 1 == len(segments(self._rows))
        return Window(self._claims(found), None if last else Cursor(cursor.segment + 1))

    async def first(self, cursor: Cursor) -> tuple[str, Cursor] | None:
        """The queued row behind the cursor that a claim of one would begin with, and the place behind it."""
        statement = claim_sql.first_fresh(self._rows, self._ledger, self._now, cursor)
        async with self._engine.begin() as connection:
            found = (await connection.execute(statement, {**named(limit=1), **cursor.bind()})).first()
            return None if found is None else (found[0], Cursor(cursor.segment, tuple(found[1:])))

    async def postpone(self, wait: timedelta, *, suspects: bool) -> str | None:
        """Let the row wait on that is due first. Returns its item, or ``None`` where there is none by now."""
        statement = claim_sql.postpone_due(self._rows, self._ledger, self._now, suspects=suspects)
        async with self._engine.begin() as connection:
            found: str | None = (await connection.execute(statement, named(limit=1, wait=wait))).scalar()
            return found

    async def still_held(self, claim: Claim) -> bool:
        """Whether this worker holds a claim, and nobody has moved its row."""
        fence = named(worker=self._worker, item=claim.item, token=claim.token)
        async with self._engine.connect() as connection:
            return bool((await connection.execute(self._still_held, fence)).scalar_one())

    async def held(self) -> list[Claim]:
        """The claims that the database says this worker holds, without their rows."""
        async with self._engine.connect() as connection:
            found = await connection.execute(self._held, named(worker=self._worker))
            return [Claim(None, *row) for row in found]

    async def _claim(
        self, statement: Callable[[int], DriverStatement], limit: int, parameters: dict[str, Any]
    ) -> tuple[list[Any], int]:
        values = {**named(worker=self._worker), **parameters}
        # One statement is one transaction, as long as SQLAlchemy, which would begin one, is not asked to run it. Behind
        # a pooler a statement that is not in a transaction may be prepared in one session and executed in another.
        if not self._counted:
            async with self._engine.connect() as connection:
                return await statement(limit).fetch(connection, values), limit
        # Counting and claiming must be one step to every other host, hence the lock, and the claim must not share the
        # count's snapshot, hence a statement of its own.
        async with self._engine.begin() as connection:
            await connection.execute(self._lock)
            room = await self._room(connection, limit)
            if room <= 0:
                return [], 0
            return await statement(room).fetch(connection, values), room

    async def _room(self, connection: AsyncConnection, limit: int) -> int:
        live = (await connection.execute(self._count, named(worker=self._worker))).one()
        if self._limits.max_instances and live.others >= self._limits.max_instances:
            return 0
        if self._limits.max_in_flight:
            return min(limit, self._limits.max_in_flight - int(live.items))
        return limit

    def _due(self, limit: int, *, suspects: bool) -> DriverStatement:
        kind = (limit, suspects)
        if kind not in self._statements:
            statement = claim_sql.claim_due(self._rows, self._ledger, self._now, suspects=suspects)
            self._statements[kind] = DriverStatement(statement, {"limit": limit}, ["worker"])
        return self._statements[kind]

    def _fresh(self, cursor: Cursor, limit: int) -> DriverStatement:
        kind = (limit, cursor.segment, cursor.after is not None)
        if kind not in self._statements:
            statement = claim_sql.claim_fresh(self._rows, self._ledger, self._now, cursor)
            places = [f"after_{at}" for at in range(len(cursor.after or ()))]
            self._statements[kind] = DriverStatement(statement, {"limit": limit}, ["worker", *places])
        return self._statements[kind]

    def _claims(self, found: list[Any]) -> list[Claim]:
        start = self._loader.width
        load = self._loader.load
        return [Claim(load(row), *row[start : start + _CLAIM_COLUMNS]) for row in found if row[start] is not None]
