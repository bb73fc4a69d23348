"""An engine's parts with fault points in them, and with eyes on them. Everything else of them is the real thing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import column, func, select, table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool, QueuePool

from curation_core._sql.cursor import Cursor
from curation_core._sql.rows import Rows
from curation_core._store import Store
from curation_core._store.claiming import ClaimStore, Limits, Window
from curation_core._store.settling import Save, SettleStore
from curation_core.attempt import Attempt
from curation_core.claims import Claim, Settlement, Verdict
from curation_core.host import BoundWorkflow, Host
from curation_core.settings import DatabaseSettings
from curation_core.testing.faults import Faults, Point

OURS = "curation-testing"
"""The name under which the server shows connections of the tests themselves."""
Lifespan = Callable[[Any, Any], AbstractAsyncContextManager[Any]]
Witness = Callable[[str, Any], AbstractAsyncContextManager[None]]


class Watch:
    """What is seen of the items of one harness.

    Attributes:
        running: How many are in ``process_item`` at this moment.
        largest_claim: The most rows that one statement claimed.
        witness: What is around each call of a hook that an item goes through: it takes the hook's name and the item.
    """

    def __init__(self) -> None:
        self.running = 0
        self.largest_claim = 0
        self.witness: Witness = lambda *_: nullcontext()


class WatchedHost(Host):
    """A host of one workflow, whose items are watched and meet faults.

    Args:
        name: The workflow.
        allow: As `Host` has it.
    """

    def __init__(self, name: str, allow: Collection[str] = ()) -> None:
        super().__init__(allow=allow)
        self.name = name
        self.change: Callable[[BoundWorkflow], BoundWorkflow] = lambda bound: bound

    @property
    def workflows(self) -> dict[str, BoundWorkflow]:
        """The workflow as the harness changes it."""
        return {name: self.change(bound) for name, bound in super().workflows.items() if name == self.name}


class FaultPoints:
    """Where the engines of one harness meet its faults.

    Args:
        url: Of the database.
        faults: What they meet.
    """

    def __init__(self, url: str, faults: Faults) -> None:
        self._url = url
        self.faults = faults
        self.watch = Watch()

    async def reach(self, point: Point) -> None:
        """Meet what is planned here."""
        await self.faults.reach(point, self.cut)

    async def cut(self) -> None:
        """End every connection to the database but the tests' own."""
        shown = table("pg_stat_activity", *map(column, ("pid", "datname", "application_name")))
        others = (shown.c.datname == func.current_database()) & (shown.c.pid != func.pg_backend_pid())
        engine = create_async_engine(
            self._url, poolclass=NullPool, connect_args={"server_settings": {"application_name": OURS}}
        )
        async with engine.connect() as connection:
            await connection.execute(
                select(func.pg_terminate_backend(shown.c.pid)).where(others, shown.c.application_name != OURS)
            )

    def around(self, bound: BoundWorkflow, lifespan: Lifespan | None) -> BoundWorkflow:
        """The workflow with a point before and after ``process_item``, witnessed, and perhaps with another lifespan."""

        async def process(item: Any, attempt: Attempt, resources: Any, settings: Any) -> Any:
            self.watch.running += 1
            try:
                await self.reach("before_process")
                async with self.watch.witness("process_item", item):
                    result = await bound.process(item, attempt, resources, settings)
                await self.reach("after_process")
                return result
            finally:
                self.watch.running -= 1

        save = None if bound.save is None else self._witnessed(bound.save)
        return replace(bound, process=process, save=save, lifespan=lifespan or bound.lifespan)

    def _witnessed(self, save: Save) -> Save:
        async def witnessed(session: AsyncSession, item: Any, result: Any) -> None:
            async with self.watch.witness("save_result", item):
                await save(session, item, result)

        return witnessed


class WatchedStore(Store):
    """The database, with fault points at the claim and around the settle.

    Args:
        url: As `Store` has it.
        settings: As `Store` has it.
        lost_after: As `Store` has it.
        points: Where faults are met.

    Attributes:
        plugin_pools: The pools from which the plugin takes connections.
    """

    def __init__(self, url: str, settings: DatabaseSettings, lost_after: timedelta, points: FaultPoints) -> None:
        super().__init__(url, settings, lost_after)
        self._points = points
        self.plugin_pools: list[QueuePool] = []

    @asynccontextmanager
    async def sessions_for(self, workflow: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
        """As `Store` has it, with an eye on the pool."""
        async with super().sessions_for(workflow) as sessions:
            engine: AsyncEngine = sessions.kw["bind"]
            if isinstance(engine.sync_engine.pool, QueuePool):
                self.plugin_pools.append(engine.sync_engine.pool)
            yield sessions

    def claims(self, rows: Rows, worker: UUID, limits: Limits) -> ClaimStore:
        """Claims that meet ``claim``."""
        claims = _WatchedClaims(self.engine, self.ledger, self.now, rows, worker, limits, pooler=self.pooler)
        claims.points = self._points
        return claims

    def settling(
        self, rows: Rows, save: Save | None, watchers: dict[str, Collection[str]], save_within: timedelta
    ) -> SettleStore:
        """Settles that meet ``before_settle``, ``in_settle`` and ``after_settle``."""
        settles = _WatchedSettles(self.engine, self.ledger, self.now, rows, save, watchers, save_within)
        settles.points = self._points
        return settles


class _WatchedClaims(ClaimStore):
    points: FaultPoints

    async def fresh(self, limit: int, cursor: Cursor) -> Window:
        window = await super().fresh(limit, cursor)
        await self._claimed(window.claims)
        return window

    async def due(self, limit: int) -> list[Claim]:
        return await self._claimed(await super().due(limit))

    async def suspect(self) -> list[Claim]:
        return await self._claimed(await super().suspect())

    async def _claimed(self, claims: list[Claim]) -> list[Claim]:
        watch = self.points.watch
        watch.largest_claim = max(watch.largest_claim, len(claims))
        if claims:
            await self.points.reach("claim")
        return claims


class _WatchedSettles(SettleStore):
    points: FaultPoints
    _settling: asyncio.Task[Any] | None = None

    async def settle(self, worker: UUID, verdicts: Sequence[Verdict], *, around_locks: bool = False) -> Settlement:
        await self.points.reach("before_settle")
        self._settling = asyncio.current_task()
        settlement = await super().settle(worker, verdicts, around_locks=around_locks)
        self._settling = None
        await self.points.reach("after_settle")
        return settlement

    async def _write_history(
        self, connection: AsyncConnection, worker: UUID, settled: Sequence[Verdict], overruled: Sequence[Verdict]
    ) -> None:
        await super()._write_history(connection, worker, settled, overruled)
        if asyncio.current_task() is self._settling:  # a rescue settles too, in a task of its own
            await self.points.reach("in_settle")
