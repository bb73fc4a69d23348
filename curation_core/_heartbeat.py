"""Say that this process lives, from a thread with a connection of its own.

A plugin that blocks the event loop for a while does not look dead, since the thread beats on; a loop that is blocked
for longer than `stall_after` does, since the thread then stops. A process that could not beat for `lost_after` is told
so, and must take it that its rows are somebody else's by now.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from curation_core import _judge
from curation_core._store import Store
from curation_core._store.upkeep import UpkeepStore

_logger = logging.getLogger(__name__)


class Heartbeat:
    """Beats for one worker until it is stopped or lost.

    Args:
        store: The database; the thread opens a pool of its own.
        worker: Whose heart.
        every: How often.
        stall_after: An event loop that has not turned for longer stops the beats.
        lost_after: Silent for longer, the worker is lost.
        lost: Called once, on the event loop, with the reason.
        no_answer: Called on the event loop when a beat got no answer: connections die without a word here.
        cut_off: Whether this process was just cut off, under an earlier worker id.
    """

    def __init__(
        self,
        store: Store,
        worker: UUID,
        *,
        every: timedelta,
        stall_after: timedelta,
        lost_after: timedelta,
        lost: Callable[[str], None],
        no_answer: Callable[[], None],
        cut_off: bool,
    ) -> None:
        self._store = store
        self._worker = worker
        self._every = every.total_seconds()
        self._stall_after = stall_after.total_seconds()
        self._silence = lost_after
        self._lost_after = lost_after.total_seconds()
        self._lost = lost
        self._no_answer = no_answer
        self._loop = asyncio.get_running_loop()
        self._stopped = threading.Event()
        self._turned_at = self._beat_at = time.monotonic()
        self._unsteady_until = self._turned_at + self._lost_after if cut_off else 0.0
        self._turning: asyncio.TimerHandle | None = None
        self._thread = threading.Thread(target=self._run, name="curation heartbeat", daemon=True)

    @property
    def steady(self) -> bool:
        """Whether the beats came through for `lost_after`.

        After an outage every worker looks dead. One that was cut off itself lets the others come back first.
        """
        return time.monotonic() >= self._unsteady_until

    def start(self) -> None:
        """Begin to beat. The worker must be registered."""
        self._turn()
        self._thread.start()

    def stop(self) -> None:
        """Beat no more. Returns at once; the thread ends after its last statement."""
        self._stopped.set()
        if self._turning is not None:
            self._turning.cancel()

    def _turn(self) -> None:
        self._turned_at = time.monotonic()
        self._turning = self._loop.call_later(self._every / 4, self._turn)

    def _run(self) -> None:
        try:
            reason = self._beat_until_lost()
        except BaseException as error:  # noqa: BLE001 - a thread that ends unheard leaves a worker that only seems alive
            reason = f"its heartbeat ended: {_judge.describe(error)}"
        if reason:
            self._tell(self._lost, reason)

    def _beat_until_lost(self) -> str:
        with asyncio.Runner() as runner:
            engine = self._store.connect(1)
            upkeep = self._store.upkeep(self._silence, engine)
            try:
                while not self._stopped.wait(self._every):
                    reason = self._overdue() or self._beat(runner, upkeep)
                    if reason:
                        return reason
            finally:
                runner.run(engine.dispose())
        return ""

    def _beat(self, runner: asyncio.Runner, upkeep: UpkeepStore) -> str:
        stalled = time.monotonic() - self._turned_at
        if stalled > self._stall_after:
            _logger.error("the event loop has been blocked for %.1f s: no heartbeat until it turns again", stalled)
            return ""
        try:
            alive = runner.run(self._beat_within(upkeep))
        except Exception as error:  # noqa: BLE001 - whatever it was, the next beat tries again
            self._unsteady_until = time.monotonic() + self._lost_after
            _logger.warning("no heartbeat could be written: %s", _judge.describe(error))
            if isinstance(error, TimeoutError):
                self._tell(self._no_answer)
            return self._overdue()
        if not alive:
            return "another host took its rows back and removed it from the list of workers"
        self._beat_at = time.monotonic()
        return ""

    async def _beat_within(self, upkeep: UpkeepStore) -> bool:
        async with asyncio.timeout(self._lost_after / 3):
            return await upkeep.beat(self._worker)

    def _overdue(self) -> str:
        silent = time.monotonic() - self._beat_at
        return f"no heartbeat could be written for {silent:.1f} s" if silent > self._lost_after else ""

    def _tell(self, call: Callable[..., None], *what: str) -> None:
        if not self._stopped.is_set() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *what)
