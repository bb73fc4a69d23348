"""A workflow at work on a test's own database: rows, and engines in this process and in others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import func, update

from curation_core.engine import Engine
from curation_core.policy import Policy
from curation_core.settings import DatabaseSettings, HostSettings, Settings
from curation_core.testing._doubles import FaultPoints, Lifespan, WatchedStore, Witness
from curation_core.testing.clock import CLOCK_FUNCTION, Clock
from curation_core.testing.desk import Desk
from curation_core.testing.faults import Fault, Faults, Point
from curation_core.testing.items import Ran, run_bound
from curation_core.testing.loading import HarnessError, load, plugin_settings
from curation_core.testing.processes import EngineProcess, Nursery

BRISK: Mapping[str, Any] = {
    "lost_after": timedelta(seconds=15),
    "sweep_every": timedelta(milliseconds=100),
    "drain_timeout": timedelta(0),
}
"""The ``[host]`` settings of a harness's engines: they look often, and stop at once."""


class Harness(Desk):
    """One workflow on one database. The fixture ``curation_harness`` makes it.

    Args:
        url: Of a database with the engine's tables and the tests' clock.
        name: The workflow's name.
        plugin: A module, an instance, ``"package.module"``; ``None`` for the installed plugin of that name.
        settings: The workflow's own, as in ``[workflows.NAME.settings]``.
        resources: Takes the place of the plugin's ``lifespan``, with the same parameters.
        nursery: Where engines in processes of their own come from.

    Attributes:
        workflow: What the plugin declares.
        clock: The time of all engines here.
        faults: What the engines in this process meet.
        always: What is otherwise in the policy of every engine here than in the plugin's own.

    Raises:
        HarnessError: The plugin is refused; the message says why, with the remedy.
    """

    def __init__(
        self,
        url: str,
        name: str,
        plugin: object = None,
        *,
        settings: Any = None,
        resources: Lifespan | None = None,
        nursery: Nursery | None = None,
    ) -> None:
        self.clock = Clock(url)
        self.faults = Faults()
        self._points = FaultPoints(url, self.faults)
        self._host = load(name, plugin)
        self._host.change = lambda bound: self._points.around(bound, resources)
        self._bound = self._host.workflows[name]
        super().__init__(url, name, self._bound.workflow)
        self._settings = plugin_settings(self._bound, settings)
        self._raw_settings = settings
        self._nursery = nursery or Nursery(name, plugin if isinstance(plugin, str) else None)
        self._processes: list[EngineProcess] = []
        self.always: Mapping[str, Any] = {}

    # -- items and engines --------------------------------------------------------------------------------------------

    @property
    def running(self) -> int:
        """How many items are in ``process_item`` at this moment, in this process."""
        return self._points.watch.running

    @property
    def largest_claim(self) -> int:
        """The most rows that one statement claimed, in this process."""
        return self._points.watch.largest_claim

    def witnessed_by(self, witness: Witness) -> None:
        """Put something around each call of ``process_item`` and ``save_result``, in this process.

        Args:
            witness: Takes the hook's name and the item, and gives an async context manager.
        """
        self._points.watch.witness = witness

    async def run_item(self, item: object, *, attempt: int = 1, **policy: Any) -> Ran:
        """Run one item through the hooks, with the plugin's own ``lifespan`` and this database, and settle nothing.

        Args:
            item: An instance of the workflow's model.
            attempt: Which attempt it is, from 1.
            **policy: What is otherwise than in the plugin's own policy.
        """
        async with AsyncExitStack() as stack:
            resources = None
            store = self.store()
            stack.push_async_callback(store.close)
            if self._bound.lifespan is not None:
                sessions = await stack.enter_async_context(store.sessions_for(self.name))
                resources = await stack.enter_async_context(self._bound.lifespan(self._settings, sessions))
            return await run_bound(self._bound, item, resources, self._settings, attempt, self.policy(**policy))

    async def drain(self, *, engines: int = 1, deadline: float = 60.0, **policy: Any) -> Counter[str]:
        """Work until nothing is left; no retry's wait takes its time.

        Args:
            engines: How many engines share the work.
            deadline: Seconds, as a failure guard.
            **policy: What is otherwise than in the plugin's own policy.

        Returns:
            How many attempts ended how.

        Raises:
            HarnessError: It took longer, or the workflow does not fit its table.
        """
        counts: Counter[str] = Counter()
        async with AsyncExitStack() as stack:
            started = [await stack.enter_async_context(self._prepared(policy, {})) for _ in range(engines)]
            running = [asyncio.create_task(each.run(until_idle=True)) for each in started]
            hurrying = asyncio.create_task(self._hurry())
            _, late = await asyncio.wait(running, timeout=deadline)
            hurrying.cancel()
            await asyncio.gather(hurrying, return_exceptions=True)
            for each in started if late else ():
                each.stop()
                each.stop()
            for summary in await asyncio.gather(*running):
                counts.update(summary.counts.get(self.name, {}))
                _refuse_faults(summary.faults)
            if late:
                left = dict(await self.statuses())
                message = f"not idle within {deadline:g} s: the statuses are {left}, the attempts {dict(counts)}"
                raise HarnessError(message)
        return counts

    @asynccontextmanager
    async def engine(self, *, host: Mapping[str, Any] | None = None, **policy: Any) -> AsyncIterator[Engine]:
        """An engine at work in this process for as long as the context lasts.

        Args:
            host: What is otherwise in its ``[host]`` settings.
            **policy: What is otherwise than in the plugin's own policy.

        Yields:
            The engine.
        """
        async with self._prepared(policy, host or {}) as engine:
            running = asyncio.create_task(engine.run())
            try:
                yield engine
            finally:
                engine.stop()
                summary = await running
            _refuse_faults(summary.faults)

    async def start(
        self,
        *,
        faults: Sequence[tuple[Point, Fault]] = (),
        host: Mapping[str, Any] | None = None,
        until_idle: bool = False,
        measure_at: Sequence[int] = (),
        **policy: Any,
    ) -> EngineProcess:
        """Start an engine in a process of its own, which can be sent signals and may die.

        Args:
            faults: What it meets, and where: `Die`, `Delay`, `Cut` and `Hold`.
            host: What is otherwise in its ``[host]`` settings.
            until_idle: Whether it ends when nothing is left.
            measure_at: After how many settled items its memory, its files and what it started are measured.
            **policy: What is otherwise than in the plugin's own policy.
        """
        order = {
            "url": self.url,
            "settings": self._raw_settings,
            "policy": self.policy(**policy).model_dump(mode="json", exclude_unset=True),
            "host": {name: str(value.total_seconds()) for name, value in ({**BRISK, **(host or {})}).items()},
            "faults": [(point, type(fault).__name__, getattr(fault, "seconds", 0)) for point, fault in faults],
            "until_idle": until_idle,
            "measure_at": list(measure_at),
        }
        process = await self._nursery.start(order)
        self._processes.append(process)
        return process

    def policy(self, **changes: Any) -> Policy:
        """The plugin's own policy, with changes.

        Args:
            **changes: By the names that `Policy` has.
        """
        own = self.workflow.defaults
        kept = {name: getattr(own, name) for name in own.model_fields_set}
        if "every" in changes:
            kept.pop("cron", None)
        return Policy.model_validate({**kept, **self.always, **changes})

    def store(self, lost_after: timedelta = BRISK["lost_after"]) -> WatchedStore:
        """The engine's own access to the database. Close it."""
        return WatchedStore(self.url, DatabaseSettings(clock=CLOCK_FUNCTION), lost_after, self._points)

    def settings(self, policy: Policy, host: Mapping[str, Any]) -> Settings:
        """Everything that is configured for an engine here."""
        return Settings(
            database=DatabaseSettings(clock=CLOCK_FUNCTION),
            host=HostSettings(**{**BRISK, **host}),
            policies={self.name: policy},
            plugin_settings={self.name: self._settings},
        )

    @asynccontextmanager
    async def _prepared(self, policy: Mapping[str, Any], host: Mapping[str, Any]) -> AsyncIterator[Engine]:
        settings = self.settings(self.policy(**policy), host)
        store = self.store(settings.host.lost_after)
        self.last_store = store
        try:
            yield Engine(self._host, settings, store)
        finally:
            await store.close()

    async def _hurry(self) -> None:
        claim = self.ledger.claim
        due = update(claim).where(claim.c.worker.is_(None), claim.c.retry_at > func.curation_test.now())
        while True:
            await self.execute(due.values(retry_at=func.curation_test.now()))
            await asyncio.sleep(0.05)

    def end_processes(self) -> None:
        """End every process that was started here. The fixture does it after the test."""
        for process in self._processes:
            process.kill()


def _refuse_faults(faults: Mapping[str, str]) -> None:
    if faults:
        message = "; ".join(f"{name} can't run: {fault}" for name, fault in faults.items())
        raise HarnessError(message)
