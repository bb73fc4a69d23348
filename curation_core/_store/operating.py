"""What the command line asks of the database: queue, decide, pause, resume, status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncEngine

from curation_core._sql import control as control_sql
from curation_core._sql import operate, settle
from curation_core._sql.rows import Rows, named
from curation_core._store.selecting import Decided, decide_within
from curation_core.ledger import Ledger


@dataclass(frozen=True, slots=True)
class WorkflowStatus:
    """How a workflow stands.

    Args:
        name: The workflow's name.
        rows: How many rows have which status; ``None`` for rows without one.
        live: Rows held by workers.
        waiting: Rows waiting for their next attempt.
        oldest: Seconds since the oldest live claim was made.
        next_retry: Seconds until the next attempt is due.
        paused_until: As the database writes it, ``infinity`` for until resumed; empty where it is not paused.
        paused_by: Who paused it.
        reason: Why.
    """

    name: str
    rows: dict[str | None, int]
    live: int = 0
    waiting: int = 0
    oldest: float | None = None
    next_retry: float | None = None
    paused_until: str = ""
    paused_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A process among the workers.

    Args:
        id: Its worker id.
        host: Where it runs.
        pid: As which process.
        version: Of curation-core.
        workflows: What it works.
        silent: Seconds since its last heartbeat.
    """

    id: str
    host: str
    pid: int
    version: str
    workflows: list[str] = field(default_factory=list)
    silent: float = 0.0


class OperatingStore:
    """The commands of people.

    Args:
        engine: The engine's connections.
        ledger: The engine's tables.
        now: The SQL expression for the present.
    """

    def __init__(self, engine: AsyncEngine, ledger: Ledger, now: ColumnElement[Any]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._now = now

    async def queue(self, rows: Rows, items: Sequence[str] | None, *, dry_run: bool = False) -> list[str]:
        """Queue rows and wake the workflow, in one transaction.

        Args:
            rows: The workflow's rows.
            items: The rows' keys as texts; ``None`` for all that are wanted and were never worked or have failed.
            dry_run: Find out which, and change nothing.

        Returns:
            The texts of the rows that were queued.
        """
        chosen = {} if items is None else named(item=list(items))
        async with self._engine.connect() as connection:
            statement = operate.queue(rows, everything=items is None)
            queued = list((await connection.execute(statement, chosen)).scalars())
            if dry_run:
                await connection.rollback()
                return queued
            await connection.execute(settle.drop_waiting(rows, self._ledger), named(item=queued))
            if queued:
                await connection.execute(settle.notify(self._ledger.schema), named(workflows=rows.name))
            await connection.commit()
        return queued

    async def decide(self, rows: Rows, items: Sequence[str], decision: Any, *, dry_run: bool = False) -> Decided:
        """Write a person's decision about rows, queue or withdraw them, and wake the workflow, in one transaction.

        Args:
            rows: The workflow's rows.
            items: Their keys as texts.
            decision: The word.
            dry_run: Find out what would come of it, and change nothing.
        """
        async with self._engine.connect() as connection:
            decided = await connection.run_sync(decide_within, rows, self._ledger, items, decision)
            await (connection.rollback() if dry_run else connection.commit())
        return decided

    async def pause(self, name: str, duration: timedelta | None, by: str, reason: str) -> None:
        """Hold a workflow back on every host, for a time or until resumed."""
        async with self._engine.begin() as connection:
            await connection.execute(
                control_sql.pause(self._ledger, self._now),
                named(workflow=name, duration=duration, by=by, reason=reason),
            )

    async def resume(self, name: str) -> bool:
        """Let a workflow go on, and wake it. Returns whether it was paused."""
        async with self._engine.begin() as connection:
            resumed = await connection.execute(control_sql.resume(self._ledger, self._now), named(workflow=name))
            if resumed.first() is None:
                return False
            await connection.execute(settle.notify(self._ledger.schema), named(workflows=name))
            return True

    async def status(self, rows: Rows) -> WorkflowStatus:
        """How a workflow stands. Counts every row of its table once."""
        async with self._engine.connect() as connection:
            counted = await connection.execute(operate.count_by_status(rows))
            by_status = {row.status: row.rows for row in counted}
            claims = (await connection.execute(operate.claims_of(rows, self._ledger, self._now))).one()
            pause = (await connection.execute(operate.pause_of(rows, self._ledger, self._now))).first()
        return WorkflowStatus(
            rows.name,
            by_status,
            claims.live,
            claims.waiting,
            None if claims.oldest is None else float(claims.oldest),
            None if claims.next_retry is None else max(0.0, float(claims.next_retry)),
            pause.paused_until if pause else "",
            (pause.paused_by or "") if pause else "",
            (pause.reason or "") if pause else "",
        )

    async def workers(self) -> list[WorkerStatus]:
        """The processes that are registered."""
        async with self._engine.connect() as connection:
            found = await connection.execute(operate.workers_alive(self._ledger, self._now))
            return [
                WorkerStatus(str(row.id), row.host, row.pid, row.version, list(row.workflows), float(row.silent))
                for row in found
            ]
