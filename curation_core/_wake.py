"""What wakes a workflow: the clock, and a notification. Neither does any work itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.ext.asyncio import AsyncEngine

from curation_core import _judge
from curation_core._cancelling import cancelled_from_outside
from curation_core._store import Store
from curation_core._store.listening import listen
from curation_core._waiting import Pauses
from curation_core.policy import Policy

_logger = logging.getLogger(__name__)

_quiet = logging.getLogger("apscheduler.executors.default")


def _no_cancellation(record: logging.LogRecord) -> bool:
    """Its shutdown cancels a firing that is on its way, and calls that an error."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


class Clock:
    """Fires each workflow's `every` or `cron`, and the sweeps. APScheduler keeps the time and does nothing else.

    Its own shutdown cancels what it runs and swallows the cancellation; therefore a firing only sets an event.
    """

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            # The default of one second drops a nightly run when the loop was busy at that moment.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def fires(self, name: str, policy: Policy, wake: Callable[[], None]) -> None:
        """Wake a workflow by its policy's schedule, and once at the start unless it has a cron."""
        if policy.cron is not None:
            self._add(name, CronTrigger.from_crontab(policy.cron, timezone=UTC), wake, at_once=False)
        else:
            self.every(name, policy.every, wake)

    def every(self, name: str, interval: timedelta, call: Callable[[], None]) -> None:
        """Call at once, and then at an interval."""
        seconds: Any = interval.total_seconds()  # fractions are taken, though its signature says int
        self._add(name, IntervalTrigger(seconds=seconds, timezone=UTC), call, at_once=True)

    def start(self) -> None:
        """Begin to fire, on the running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Fire no more."""
        self._scheduler.shutdown(wait=False)

    def _add(self, name: str, trigger: BaseTrigger, call: Callable[[], None], *, at_once: bool) -> None:
        async def fire() -> None:  # a coroutine runs on the loop; a plain function would run in a thread
            call()

        if not _quiet.filters:
            _quiet.addFilter(_no_cancellation)

        if at_once:
            self._scheduler.add_job(fire, trigger, id=name, next_run_time=datetime.now(UTC))
        else:
            self._scheduler.add_job(fire, trigger, id=name)


class Listener:
    """Wakes workflows by notifications, and all of them after every reconnect: what was missed is looked for.

    Args:
        store: The database.
        wakes: For each workflow's name, what wakes it.
        missed: Called when listening begins, and begins again: something may have been missed.
        longest_pause: Seconds between tries while the database is away.
    """

    def __init__(
        self,
        store: Store,
        wakes: Mapping[str, Callable[[], None]],
        missed: Iterable[Callable[[], None]],
        longest_pause: float,
    ) -> None:
        self._store = store
        self._pauses = Pauses(longest_pause)
        self._wakes = wakes
        self._missed = tuple(missed)
        self.listening = False

    async def run(self) -> None:
        """Listen until cancelled, on a connection that the pool does not miss."""
        engine = self._store.connect(1)
        try:
            await self._listen_again_and_again(engine)
        finally:
            await engine.dispose()

    async def _listen_again_and_again(self, engine: AsyncEngine) -> None:
        while True:
            try:
                await listen(engine, self._store.ledger.schema, self._heard, self._listening)
            except Exception as error:
                if cancelled_from_outside():  # letting go of the connection failed, and took the cancellation's place
                    raise
                if self.listening:
                    self._pauses.end()
                self.listening = False
                pause, told = self._pauses.next(), _judge.describe(error)
                _logger.warning("not listening for notifications, next try in %.1f s, polling goes on: %s", pause, told)
                await asyncio.sleep(pause)

    def _listening(self) -> None:
        self.listening = True
        for look in self._missed:
            look()

    def _heard(self, payload: str) -> None:
        for name in payload.split(",") if payload else self._wakes:
            wake = self._wakes.get(name)
            if wake is not None:
                wake()
