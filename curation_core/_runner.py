"""The items that run at this moment: each is started once, limited in time, and ends in exactly one verdict."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from curation_core import _judge
from curation_core._executor import Executor
from curation_core.claims import Claim, Verdict

_logger = logging.getLogger(__name__)

ABANDON_AFTER = 5.0
"""Seconds after it was cancelled that an item which swallowed its cancellation is settled without it."""

_deaf: set[asyncio.Task[Verdict]] = set()
"""Items that were settled without them. The event loop's own reference is weak, and one that were collected while it
waits would be torn down in the middle of its code."""

_IGNORED = f"it ignored its cancellation for {ABANDON_AFTER:g} s"


@dataclass(slots=True, eq=False)
class _Run:
    claim: Claim
    started: float
    late: bool = False  # its time is up, and it was cancelled for it


class Runner:
    """Runs claims side by side.

    Args:
        executor: Runs one attempt.
        timeout: Seconds that one attempt may take.
        finished: Called with each verdict.
    """

    def __init__(self, executor: Executor, timeout: float, finished: Callable[[Verdict], None]) -> None:
        self._executor = executor
        self._timeout = timeout
        self._finished = finished
        self._runs: dict[asyncio.Task[Verdict], _Run] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._cancelled_at: float | None = None
        self._loop = asyncio.get_running_loop()

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def tokens(self) -> set[int]:
        """The tokens of the claims that run."""
        return {run.claim.token for run in self._runs.values()}

    def start(self, claims: Sequence[Claim]) -> None:
        """Run each claim in a task of its own."""
        now = time.monotonic()
        for claim in claims:
            task = self._loop.create_task(self._executor.run(claim))
            self._runs[task] = _Run(claim, now)
            # A callback and not the end of a coroutine: a task that is cancelled before its first step never runs any
            # of its code.
            task.add_done_callback(self._ended)
        if self._timer is None and self._runs:
            self._timer = self._loop.call_later(self._timeout, self._cancel_late)

    def cancel(self) -> None:
        """Cancel everything: each item is given back, uncharged."""
        self._cancelled_at = time.monotonic()
        for task in list(self._runs):
            task.cancel()

    async def wait(self) -> None:
        """Wait until nothing runs any more."""
        while self._runs:
            await asyncio.wait(self._runs, timeout=1.0)
            self.abandon_deaf()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def abandon_deaf(self) -> None:
        """Settle without them the items that swallowed their cancellation: place and row are not theirs to keep."""
        now = time.monotonic()
        stopping = self._cancelled_at is not None and now - self._cancelled_at > ABANDON_AFTER
        for task, run in list(self._runs.items()):
            if stopping:
                self._let_go(task)
                self._finished(_judge.release(run.claim, f"the host stopped; {_IGNORED}", now - run.started))
            elif run.late and now - run.started > self._timeout + ABANDON_AFTER:
                self._let_go(task)
                self._finished(self._too_late(run, now, f"; {_IGNORED}"))

    def _let_go(self, task: asyncio.Task[Verdict]) -> None:
        del self._runs[task]
        _deaf.add(task)
        task.add_done_callback(_deaf.discard)

    def _cancel_late(self) -> None:
        # One timer for all: they have the same limit, so the one that started first is the first to be late. A timer
        # for each costs more than the rest of what an item costs here.
        self._timer = None
        now = time.monotonic()
        for task, run in self._runs.items():
            if run.late:
                continue
            left = run.started + self._timeout - now
            if left > 0:
                self._timer = self._loop.call_later(left, self._cancel_late)
                return
            run.late = True
            task.cancel()

    def _ended(self, task: asyncio.Task[Verdict]) -> None:
        run = self._runs.pop(task, None)
        if run is None:  # it was abandoned, and ended after all
            return
        if run.late:  # whatever it made of its cancellation
            self._finished(self._too_late(run, time.monotonic()))
        elif task.cancelled():
            self._finished(self._cancelled(run, time.monotonic() - run.started))
        elif (broken := task.exception()) is not None:  # the plugin's code is contained, so this is the engine's own
            _logger.error("an attempt could not be judged", exc_info=broken)
            self._finished(_judge.failed(run.claim, _judge.describe(broken), None, time.monotonic() - run.started))
        else:
            self._finished(task.result())

    def _cancelled(self, run: _Run, seconds: float) -> Verdict:
        if self._cancelled_at is not None:
            return _judge.release(run.claim, "the host stopped before it was done", seconds)
        # Nobody here asked for it: given back uncharged, it would do the same again at once, and for ever.
        return self._executor.decide(run.claim, asyncio.CancelledError("the attempt cancelled itself"), seconds)

    def _too_late(self, run: _Run, now: float, more: str = "") -> Verdict:
        error = TimeoutError(f"the attempt took longer than {self._timeout:g} s{more}")
        return self._executor.decide(run.claim, error, now - run.started)
