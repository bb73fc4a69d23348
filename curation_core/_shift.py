"""The time that a process works under one worker id: from its registration until it stops or is lost."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from curation_core import _judge
from curation_core._binding import Fitted
from curation_core._executor import Executor
from curation_core._heartbeat import Heartbeat
from curation_core._rescuer import Rescuer
from curation_core._settler import Settler
from curation_core._store import Store
from curation_core._store.claiming import Limits
from curation_core._wake import Clock, Listener
from curation_core.host import Observers
from curation_core.settings import HostSettings
from curation_core.worker import Worker

_logger = logging.getLogger(__name__)

PRUNE_EVERY = 3600.0  # seconds
# Pauses between tries while the database is away: seconds at most, and as a share of lost_after. A host that was cut
# off lets the others come back for lost_after; a result that is not settled by then has its row taken back.
SETTLE_WITHIN, CLAIM_WITHIN = (10.0, 0.25), (15.0, 0.5)
AFTER_A_PAUSE = 0.001  # seconds: a timer may come early by the clock's granularity
MAX_TIMER = 86400.0  # seconds; a longer pause is seen again by a later sweep
GIVE_BACK_WITHIN = 6.0  # seconds for cancelled items to end and for their rows to be given back


class Shift:
    """Works all workflows under one worker id.

    Args:
        store: The database.
        settings: How processes watch each other, and how they stop.
        workflows: What fits its table.
        resources: For each workflow what its ``lifespan`` yielded.
        observers: Everybody who watches.
        version: Of this program, for the list of workers.
        process: The first half of every worker id of this process, eight bytes: others can tell a process that
            starts again under a new id, since it was cut off, from one that died.
        cut_off: Whether this process was just cut off from the database, under an earlier worker id.
    """

    def __init__(
        self,
        store: Store,
        settings: HostSettings,
        workflows: Mapping[str, Fitted],
        resources: Mapping[str, Any],
        observers: Observers,
        version: str,
        *,
        process: bytes,
        cut_off: bool,
    ) -> None:
        self._cut_off = cut_off
        self.id = UUID(bytes=process + os.urandom(8), version=4)
        self.lost = ""
        self._store = store
        self._settings = settings
        self._version = version
        self._over = asyncio.Event()
        self._hurried = asyncio.Event()
        self._sweeping: asyncio.Task[None] | None = None
        self._pruned_at = 0.0
        self._alone = asyncio.Lock()
        self._ends_of_pauses: list[asyncio.TimerHandle] = []
        self.workers = {
            name: self._worker(name, fitted, resources.get(name), observers) for name, fitted in workflows.items()
        }
        self._upkeep = store.upkeep(settings.lost_after)
        self._rescuer = Rescuer(
            self._upkeep,
            {name: (fitted.rows, fitted.settling, fitted.policy) for name, fitted in workflows.items()},
            observers,
            settings.history_for,
            self._count_failed,
            lambda name: self.workers[name].suspect(),
        )
        self._heartbeat: Heartbeat | None = None

    @property
    def busy(self) -> bool:
        """Whether any workflow has rows in hand."""
        return any(worker.busy for worker in self.workers.values())

    @property
    def troubled(self) -> bool:
        """Whether any workflow can't look for rows at the moment."""
        return any(worker.trouble for worker in self.workers.values())

    def wake(self) -> None:
        """Let every workflow look for rows."""
        for worker in self.workers.values():
            worker.wake()

    def end(self) -> None:
        """Claim no more; `run` returns when everything is settled or given back."""
        self._over.set()

    def give_back(self) -> None:
        """Stop waiting for what runs: cancel it and give its rows back."""
        self._hurried.set()
        for worker in self.workers.values():
            worker.give_back()

    async def run(self) -> set[asyncio.Task[Any]]:
        """Work until `end` is called or the worker is lost.

        Returns:
            What goes on after it: tasks that hold results and wait for the database to settle them. A worker that is
            lost does not keep the next one waiting for that.

        Raises:
            Exception: The worker could not be registered.
        """
        await self._upkeep.register(self.id, socket.gethostname(), os.getpid(), self._version, list(self.workers))
        self._heartbeat = Heartbeat(
            self._store,
            self.id,
            every=self._settings.heartbeat_every,
            stall_after=self._settings.stall_after,
            lost_after=self._settings.lost_after,
            lost=self._on_lost,
            no_answer=self._store.cut_connections,
            cut_off=self._cut_off,
        )
        self._heartbeat.start()
        clock = self._clock()
        listener = asyncio.create_task(self._listen(), name="listen")
        working = [asyncio.create_task(worker.run(), name=name) for name, worker in self.workers.items()]
        for task in working:
            task.add_done_callback(self._on_broken)
        try:
            await self._over.wait()
        finally:
            clock.stop()
            self._wake_after({})
            for worker in self.workers.values():
                worker.stop()
            ending = asyncio.create_task(self._wind_down(working, listener), name="the end of a shift")
            if self.lost:
                self.give_back()
                left: set[asyncio.Task[Any]] = {ending, *working}
            else:
                left = await ending
        return left

    async def _wind_down(
        self, working: list[asyncio.Task[None]], listener: asyncio.Task[None]
    ) -> set[asyncio.Task[Any]]:
        others = [task for task in (listener, self._sweeping) if task is not None]
        draining = asyncio.create_task(self._drain(working), name="drain")
        await asyncio.gather(draining, *(_end(task) for task in others))
        left = draining.result()
        if self._heartbeat is not None:
            self._heartbeat.stop()
        if not left:
            await self._leave()
        return left

    async def _drain(self, working: list[asyncio.Task[None]]) -> set[asyncio.Task[Any]]:
        hurried = asyncio.create_task(self._hurried.wait())
        everything = asyncio.ensure_future(asyncio.wait(working))
        timeout = self._settings.drain_timeout.total_seconds()
        await asyncio.wait((everything, hurried), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if not everything.done():
            self.give_back()
            await asyncio.wait((everything,), timeout=GIVE_BACK_WITHIN)
        hurried.cancel()
        everything.cancel()
        for task in working:
            if task.done() and not task.cancelled() and task.exception() is not None:
                _logger.error("%s ended with an error", task.get_name(), exc_info=task.exception())
        return {task for task in working if not task.done()}

    async def _leave(self) -> None:
        try:
            await self._upkeep.leave(self.id)
        except Exception as error:  # noqa: BLE001 - the host is stopping, and others will clean up
            _logger.warning("could not sign off; the worker's row goes with the next sweep: %s", _judge.describe(error))

    def _worker(self, name: str, fitted: Fitted, resources: Any, observers: Observers) -> Worker:
        policy = fitted.policy
        executor = Executor(fitted.bound, policy, fitted.settings, resources, str(self.id))
        limits = Limits(policy.max_instances, policy.max_in_flight)
        return Worker(
            name,
            policy,
            self._store.claims(fitted.rows, self.id, limits),
            executor,
            lambda done: Settler(fitted.settling, self.id, executor.decide, done, self._pause_within(SETTLE_WITHIN)),
            observers,
            self._alone,
            self._pause_within(CLAIM_WITHIN),
        )

    def _pause_within(self, limit: tuple[float, float]) -> float:
        return min(limit[0], self._settings.lost_after.total_seconds() * limit[1])

    def _clock(self) -> Clock:
        clock = Clock()
        for name, worker in self.workers.items():
            clock.fires(f"workflow {name}", worker.policy, worker.wake)
        clock.every("sweep", self._settings.sweep_every, self._sweep)
        clock.start()
        return clock

    async def _listen(self) -> None:
        if self._store.pooler:
            _logger.info("behind a transaction pooler nothing can be listened to: rows are found by polling")
            return
        wakes = {name: worker.wake for name, worker in self.workers.items()}
        missed = [worker.catch_up for worker in self.workers.values()]
        await Listener(self._store, wakes, missed, self._pause_within(CLAIM_WITHIN)).run()

    def _sweep(self) -> None:
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.create_task(self._sweep_once(), name="sweep")

    async def _sweep_once(self) -> None:
        try:
            if self._heartbeat is not None and self._heartbeat.steady:
                await self._rescuer.sweep()
            if time.monotonic() - self._pruned_at > PRUNE_EVERY:
                await self._rescuer.prune()
                self._pruned_at = time.monotonic()
            self._wake_after(await self._upkeep.pauses())
        except Exception as error:  # noqa: BLE001 - a sweep must not end the host, whatever went wrong with it
            _logger.warning("a sweep did not come through, the next one will try: %s", _judge.describe(error))
        for worker in self.workers.values():
            worker.sweep()

    def _wake_after(self, pauses: Mapping[str, float]) -> None:
        # Whoever paused the workflow may be gone by then, and nobody is told that a time has passed.
        for timer in self._ends_of_pauses:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._ends_of_pauses = [
            loop.call_later(seconds + AFTER_A_PAUSE, self.workers[name].catch_up)
            for name, seconds in pauses.items()
            if name in self.workers and seconds < MAX_TIMER
        ]

    def _count_failed(self, name: str) -> None:
        counts = self.workers[name].counts
        counts["failed"] = counts.get("failed", 0) + 1

    def _on_broken(self, working: asyncio.Task[None]) -> None:
        # An error of the engine's own. What this worker holds would stay in processing for as long as it is heard of.
        if not working.cancelled() and (error := working.exception()) is not None:
            self._on_lost(f"the loop of {working.get_name()} ended: {_judge.describe(error)}")

    def _on_lost(self, reason: str) -> None:
        _logger.error("this worker is lost and starts again under a new id: %s", reason)
        self.lost = reason
        self._over.set()


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task until it is over: a driver in the middle of something may take one cancellation for its own."""
    while not task.done():
        task.cancel()
        await asyncio.wait((task,), timeout=1.0)
