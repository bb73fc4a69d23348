"""Keep the engine's own house: workers alive and dead, rows taken back, history pruned."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from curation_core._sql import claim as claim_sql
from curation_core._sql import control as control_sql
from curation_core._sql import operate
from curation_core._sql import rescue as rescue_sql
from curation_core._sql import settle as settle_sql
from curation_core._sql import worker as worker_sql
from curation_core._sql.rows import Rows, named
from curation_core._store.connections import is_passing
from curation_core._store.orphans import ADOPT_AT_ONCE, adopt
from curation_core._store.refusals import RefusedError
from curation_core._store.settling import SettleStore
from curation_core.claims import Claim, Settlement, Verdict
from curation_core.ledger import Ledger

_logger = logging.getLogger(__name__)

SWEEP_LOCK_TIMEOUT = "1s"
"""A sweep waits no longer for a table that somebody alters: it comes back in a moment."""

RESCUE_BATCH = 1000
"""Claims taken back in one transaction: 7 to 8 ms of locks for a thousand."""


class Lost(NamedTuple):
    """A claim whose worker is gone or silent.

    Args:
        claim: The claim; its row is not loaded.
        worker: Who held it.
        heartbeat_at: When the worker was last heard of; ``None`` where its row is gone.
        host: Where it ran.
        pid: As which process.
        now: The database's time at the rescue.
        lives_on: Its process works under another id by now: it was cut off, and did not die.
    """

    claim: Claim
    worker: UUID
    heartbeat_at: datetime | None
    host: str | None
    pid: int | None
    now: datetime
    lives_on: bool


class UpkeepStore:
    """The sweeps of one process.

    Args:
        engine: The engine's connections.
        ledger: The engine's tables.
        now: The SQL expression for the present.
        lost_after: A worker that is registered here is dead when it was silent for longer.
    """

    def __init__(self, engine: AsyncEngine, ledger: Ledger, now: ColumnElement[Any], lost_after: timedelta) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now
        self._lost_after = lost_after

    async def register(self, worker: UUID, host: str, pid: int, version: str, workflows: Sequence[str]) -> None:
        """Add a worker, alive as of now."""
        async with self._engine.begin() as connection:
            await connection.execute(
                worker_sql.register(self._ledger, self._now),
                named(
                    id=worker,
                    host=host,
                    pid=pid,
                    version=version,
                    workflows=list(workflows),
                    lost_after=self._lost_after,
                ),
            )

    async def beat(self, worker: UUID) -> bool:
        """Say that a worker lives. ``False``: it was declared dead and its row is gone."""
        async with self._engine.begin() as connection:
            found = await connection.execute(worker_sql.beat(self._ledger, self._now), named(worker=worker))
            return found.first() is not None

    async def leave(self, worker: UUID) -> None:
        """Remove a worker that has given everything back."""
        async with self._engine.begin() as connection:
            await connection.execute(worker_sql.leave(self._ledger), named(worker=worker))

    async def rescue(self, rows: Rows, settling: SettleStore, judge: Callable[[Lost], Verdict]) -> list[Settlement]:
        """Take back what dead workers of one workflow held, a batch in one transaction.

        Args:
            rows: The workflow's rows.
            settling: Its settle.
            judge: Says what becomes of each.

        Returns:
            One settlement for each dead worker; empty when there was nothing to take back.
        """
        async with self._engine.begin() as connection:
            await connection.execute(settle_sql.give_up_on_locks_after(), named(lock_timeout=SWEEP_LOCK_TIMEOUT))
            found = await connection.execute(
                rescue_sql.lock_lost(rows, self._ledger, self._now).add_columns(self._now.label("now")),
                named(limit=RESCUE_BATCH),
            )
            lost = [_lost(row) for row in found]
            settlements: list[Settlement] = []
            for worker, held in groupby(lost, key=lambda each: each.worker):
                verdicts = [judge(each) for each in held]
                locked = await settling.locked(connection, verdicts)  # by a person; the next sweep looks at them again
                free = [verdict for verdict in verdicts if verdict.claim.item not in locked]
                settlements += await _settle_held(connection, settling, worker, free)
            return [settlement for settlement in settlements if settlement.settled or settlement.overruled]

    async def count_lost(self, rows: Rows) -> int:
        """How many rows of one workflow dead workers hold."""
        async with self._engine.connect() as connection:
            counted = await connection.execute(rescue_sql.count_lost(rows, self._ledger, self._now))
            return int(counted.scalar_one())

    async def count_orphans(self, rows: Rows) -> int:
        """How many rows are in processing with no claim: an older system left them, or somebody typed the word."""
        async with self._engine.connect() as connection:
            return int((await connection.execute(rescue_sql.count_orphans(rows, self._ledger))).scalar_one())

    async def adopt_orphans(self, rows: Rows, reason: str) -> int:
        """Put every row that is in processing with no claim back to queued, a batch a transaction. Returns how many."""
        adopted = 0
        while True:
            async with self._engine.begin() as connection:
                found = await adopt(connection, rows, self._ledger, self._now, reason)
            adopted += found
            if found < ADOPT_AT_ONCE:
                return adopted

    async def pauses(self) -> dict[str, float]:
        """For each workflow that is held back for a time, how many seconds are left of it."""
        async with self._engine.connect() as connection:
            return {
                row.workflow: row.left for row in await connection.execute(control_sql.pauses(self._ledger, self._now))
            }

    async def suspects_due(self, rows: Rows) -> bool:
        """Whether rows of one workflow are due that are to run alone."""
        async with self._engine.connect() as connection:
            due = await connection.execute(claim_sql.suspects_due(rows, self._ledger, self._now))
            return bool(due.scalar_one())

    async def drop_unwanted_waiting(self, rows: Rows) -> int:
        """Drop due waiting claims whose row a person has moved. Returns how many."""
        async with self._engine.begin() as connection:
            await connection.execute(settle_sql.give_up_on_locks_after(), named(lock_timeout=SWEEP_LOCK_TIMEOUT))
            found = await connection.execute(rescue_sql.drop_unwanted_waiting(rows, self._ledger, self._now))
            return len(found.all())

    async def forget_dead_workers(self) -> None:
        """Delete dead workers that hold nothing any more."""
        async with self._engine.begin() as connection:
            await connection.execute(rescue_sql.forget_dead_workers(self._ledger, self._now))

    async def prune_history(self, history_for: timedelta) -> None:
        """Delete history older than that."""
        async with self._engine.begin() as connection:
            await connection.execute(rescue_sql.prune_history(self._ledger, self._now), named(history_for=history_for))

    async def anything_left(self, workflows: Sequence[Rows]) -> bool:
        """Whether any of these workflows has a queued row, or a claim on any host; paused workflows aside."""
        claim, control = self._ledger.claim, self._ledger.control
        held_back = select(control.c.workflow).where(control.c.paused_until > self._now)
        names = [rows.name for rows in workflows]
        claims = select(claim.c.item).where(claim.c.workflow.in_(names), claim.c.workflow.not_in(held_back)).limit(1)
        # One snapshot: a row that is claimed between two looks would be in neither.
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            if (await connection.execute(claims)).first() is not None:
                return True
            for rows in workflows:
                if (await connection.execute(operate.any_left(rows, self._ledger, self._now))).scalar_one():
                    return True
        return False


async def _settle_held(
    connection: AsyncConnection, settling: SettleStore, worker: UUID, verdicts: list[Verdict]
) -> list[Settlement]:
    """Settle what one dead worker held; where the table refuses a row, the others without it."""
    if not verdicts:
        return []
    try:
        async with connection.begin_nested():
            return [await settling.settle_within(connection, worker, verdicts)]
    except (DBAPIError, RefusedError) as error:
        if is_passing(error):
            raise
        if len(verdicts) == 1:
            if verdicts[0].shorten():
                return await _settle_held(connection, settling, worker, verdicts)
            _logger.error("%s can't be taken back: %s", verdicts[0].claim.item, getattr(error, "orig", error))  # noqa: TRY400 - the statement is no news
            return []
    settlements = [await _settle_held(connection, settling, worker, [verdict]) for verdict in verdicts]
    return [one for of in settlements for one in of]


def _lost(row: Any) -> Lost:
    claim = Claim(None, row.item, row.token, row.queueing, row.attempt, row.lost, row.claimed_at)
    return Lost(claim, row.worker, row.heartbeat_at, row.host, row.pid, row.now, row.lives_on)
