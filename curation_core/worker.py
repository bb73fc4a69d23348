"""One workflow's loop in one process: claim what can start now, run it, hand the verdicts to the settler."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from curation_core import _judge
from curation_core._claimer import Claimer
from curation_core._executor import Executor
from curation_core._runner import Runner
from curation_core._scan import Scan
from curation_core._settler import Settler
from curation_core._store.claiming import ClaimStore
from curation_core._store.connections import is_passing
from curation_core._waiting import Pauses, wait_for
from curation_core.claims import Claim, Settlement, Verdict
from curation_core.host import Observers
from curation_core.policy import Policy
from curation_core.states import Transition

_logger = logging.getLogger(__name__)

REFILL_AFTER = 0.02
"""Seconds that a free place waits for others, so that a claim brings several rows."""


class Worker:
    """Works one workflow under one worker id.

    Args:
        name: The workflow's name.
        policy: How hard.
        claims: Where rows come from.
        executor: What runs them.
        make_settler: Makes where verdicts go, given what to call after each commit.
        observers: Everybody who watches.
        alone: Held in this process by whatever runs alone.
        longest_pause: Seconds between tries while no rows can be claimed.
    """

    def __init__(
        self,
        name: str,
        policy: Policy,
        claims: ClaimStore,
        executor: Executor,
        make_settler: Callable[[Callable[[Settlement], None]], Settler],
        observers: Observers,
        alone: asyncio.Lock,
        longest_pause: float,
    ) -> None:
        self.name = name
        self.policy = policy
        self.counts: dict[str, int] = {}
        self.trouble = ""
        self._claims = Claimer(name, claims, longest_pause, self.wake)
        self._settler = make_settler(self._settled)
        self._observers = observers
        self._alone = alone
        self._pauses = Pauses(longest_pause)
        self._suspected = False
        self._scan = Scan()
        self._runner = Runner(executor, policy.timeout.total_seconds(), self._finished)
        self._awake = asyncio.Event()
        self._freed = asyncio.Event()
        self._fresh = False
        self._due = True
        self._uncertain = False
        self._held_back = False
        self._settlements = 0
        self._claiming = False
        self._stopped = asyncio.Event()

    @property
    def busy(self) -> bool:
        """Whether rows are being claimed, run or settled."""
        return self._claiming or self._awake.is_set() or self._claims.hopeful or self.in_flight > 0

    @property
    def in_flight(self) -> int:
        """Rows that this process holds."""
        return len(self._runner) + self._settler.pending

    def wake(self) -> None:
        """Look for rows, fresh and due."""
        self._fresh = True
        self.wake_for_due()

    def wake_for_due(self) -> None:
        """Look for rows whose wait for a retry is over."""
        self._due = True
        self._awake.set()

    def catch_up(self) -> None:
        """Look for what was missed, unheard or paused; with a cron, fresh rows wait for its time all the same."""
        if self.policy.cron is None:
            self.wake()
        else:
            self.wake_for_due()

    def suspect(self) -> None:
        """Run the rows that are to run alone, before any other is claimed."""
        self._suspected = True
        self._awake.set()

    def sweep(self) -> None:
        """Look for what other hosts made claimable unheard, and let go of items that ignore their end."""
        self._runner.abandon_deaf()
        self._uncertain = True
        if self._held_back:
            self.wake()
        else:
            self.wake_for_due()

    async def run(self) -> None:
        """Work until `stop` is called and every row is settled or given back."""
        settling = asyncio.create_task(self._settler.run(), name=f"settle {self.name}")
        settling.add_done_callback(self._end)
        try:
            while not self._stopped.is_set():
                await self._awake.wait()
                self._claiming = True
                self._awake.clear()
                try:
                    await self._drain()
                    self._pauses.end()
                    self.trouble = ""
                except Exception as error:  # noqa: BLE001 - the loop must outlive whatever the database does
                    self.trouble = _judge.describe(error)
                    self._uncertain = self._fresh = True
                    pause, level = self._pauses.next(), logging.WARNING if is_passing(error) else logging.ERROR
                    _logger.log(level, "%s: no rows claimed, next try in %.1f s: %s", self.name, pause, self.trouble)
                    self._awake.set()
                    await wait_for(self._stopped, pause)
                finally:
                    self._claiming = False
            await self._runner.wait()
            await self._give_back_unheard_if_possible()
            self._settler.close()
            await settling
        finally:
            settling.cancel()

    def stop(self) -> None:
        """Claim no more. What runs may finish."""
        self._stopped.set()
        self._awake.set()
        self._freed.set()

    def give_back(self) -> None:
        """Cancel what still runs and give its rows back, uncharged."""
        self._runner.cancel()

    def _end(self, _settling: asyncio.Task[None]) -> None:
        """Nothing can be settled any more: claim nothing, and wait for nothing."""
        self.stop()
        self.give_back()

    async def _drain(self) -> None:
        if self._uncertain:
            await self._give_back_unheard()
        if self._suspected and not self._alone.locked():
            await self._run_suspects()
        goes_on = False
        if self._fresh:
            self._fresh = False
            self._scan.begin()
            goes_on = await self._claim_fresh()  # first, since a notification is most often about a fresh row
        while not self._stopped.is_set() and (goes_on or self._due):
            if self._due:
                await self._claim_due()
            else:
                goes_on = await self._claim_fresh()

    async def _run_suspects(self) -> None:
        """Run rows one after the other, each with none of this workflow beside it.

        What they are suspected of ends a process; the next to end is to have a single suspect.
        """
        self._suspected = False
        async with self._alone:
            while not self._stopped.is_set():
                if await self._nothing_in_hand():
                    claims = await self._claims.suspect()
                    if not claims:
                        return
                    self._start(claims)

    async def _nothing_in_hand(self) -> bool:
        """Wait until no row would be lost with this process, apart from those that somebody else has locked."""
        while not self._stopped.is_set() and len(self._runner) + self._settler.unsettled > 0:
            self._freed.clear()
            await self._freed.wait()
        return not self._stopped.is_set()

    async def _claim_fresh(self) -> bool:
        limit = await self._room()
        if not limit:
            return False
        started, settlements = time.monotonic(), self._settlements
        if self._scan.look_back(started):
            self._due = True
        window = await self._claims.fresh(limit, self._scan.cursor)
        self._held_back = window.held_back
        if window.held_back:
            if self._settlements > settlements:  # what was settled meanwhile found nobody held back yet
                self.wake()
            return False
        self._start(window.claims)
        return self._scan.advance(window.cursor, len(window.claims), time.monotonic() - started)

    async def _claim_due(self) -> None:
        limit = await self._room()
        if limit:
            claims, self._due = await self._claims.due(limit)
            self._start(claims)

    async def _room(self) -> int:
        """Wait until rows can start, a fair number of them at once. Returns how many; 0 when it is time to stop."""
        enough = min(self.policy.batch_size, max(1, self.policy.concurrency // 4))
        patience = None
        while not self._stopped.is_set():
            free = self._free()
            if free >= enough or (free and patience is not None and time.monotonic() >= patience):
                return _rounded(free, self.policy.batch_size)
            if free and patience is None:
                patience = time.monotonic() + REFILL_AFTER
            self._freed.clear()
            await wait_for(self._freed, None if patience is None else patience - time.monotonic())
        return 0

    def _free(self) -> int:
        # Results that wait for the database hold claims too: without a bound on them, a slow database would be fed
        # ever more rows.
        backlog = self.policy.concurrency + 2 * self.policy.batch_size - self.in_flight
        return min(self.policy.concurrency - len(self._runner), backlog, self.policy.batch_size)

    def _start(self, claims: list[Claim]) -> None:
        if not claims:
            return
        if self._observers.has_claimed:
            self._observers.claimed(self.name, len(claims))
        self._runner.start(claims)

    def _finished(self, verdict: Verdict) -> None:
        self._settler.submit(verdict)
        self._freed.set()

    async def _give_back_unheard_if_possible(self) -> None:
        if self._uncertain:
            try:
                await self._give_back_unheard()
            except Exception as error:  # noqa: BLE001 - the host is stopping; such rows are rescued, then
                _logger.warning("%s: can't see what is still claimed: %s", self.name, _judge.describe(error))

    async def _give_back_unheard(self) -> None:
        """Give back what the database says we hold and we know nothing of.

        The answer to a committed claim was lost with its connection, or a trigger let the claim be and not the row.
        """
        ours = self._runner.tokens | self._settler.tokens
        for claim in await self._claims.held():
            if claim.token not in ours:
                self._settler.submit(_judge.release(claim, "its claim was not heard of here"))
        self._uncertain = False

    def _settled(self, settlement: Settlement) -> None:
        counts = self.counts
        self._settlements += 1
        for verdict in settlement.settled:
            counts[verdict.outcome] = counts.get(verdict.outcome, 0) + 1
            if verdict.transition is Transition.RETRY or verdict.pause is not None:
                later = max(verdict.wait, verdict.pause or verdict.wait)
                look = self.wake_for_due if verdict.pause is None else self.wake
                asyncio.get_running_loop().call_later(later.total_seconds() + 0.001, look)
            self._tell(verdict, verdict.outcome, verdict.reason)
            if verdict.pause is not None and self._observers.has_paused:
                self._observers.paused(self.name, verdict.pause.total_seconds(), verdict.reason)
        for kind, verdicts in (("overruled", settlement.overruled), ("lost", settlement.lost)):
            for verdict in verdicts:
                counts[kind] = counts.get(kind, 0) + 1
                self._tell(verdict, kind, "")
        self._freed.set()
        self._claims.encourage()
        # What was settled just now may be what a limit waited for, and who overruled it may have queued the row again.
        if self._held_back or settlement.overruled:
            self.wake()

    def _tell(self, verdict: Verdict, outcome: str, reason: str) -> None:
        if self._observers.has_settled:
            claim = verdict.claim
            self._observers.settled(self.name, claim.item, outcome, reason, claim.attempt, verdict.seconds)


def _rounded(room: int, batch_size: int) -> int:
    """The batch size, or the power of two below: each limit is a statement of its own, and few are enough."""
    return batch_size if room >= batch_size else 1 << (room.bit_length() - 1)
