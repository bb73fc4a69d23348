"""Settle whatever is finished, in groups, until it is settled: a result that was paid for is never thrown away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from curation_core import _judge
from curation_core._store.connections import is_ledger_gone, is_locked_out, is_passing
from curation_core._store.refusals import HinderedError, RefusedError, SaveError, SaveLockedError
from curation_core._store.settling import OVERRULED, SettleStore
from curation_core._waiting import Pauses
from curation_core.claims import Claim, Settlement, Verdict, Written
from curation_core.states import Transition

_logger = logging.getLogger(__name__)

GROUP = 1000
"""Verdicts settled in one transaction at most. What finishes during one settle forms the next: there is no timer."""

HINDERED_OFTEN = 5
"""Tries of a group, and then of each of its items, whose statements are cancelled or deadlock again and again."""

LOOK_AT_LOCKED_EVERY = 1.0  # seconds


class Settler:
    """Settles one workflow's verdicts for one worker.

    Args:
        store: Runs the transaction.
        worker: Who holds the claims.
        decide: The verdict on what ``save_result`` raised: the plugin's ``on_error``, then the policy.
        done: Called with each settlement after its commit.
        longest_pause: Seconds between tries while the database is away. What waits longer is settled too late: others
            have taken its row back by then, and it is paid for again.
    """

    def __init__(
        self,
        store: SettleStore,
        worker: UUID,
        decide: Callable[[Claim, BaseException, float], Verdict],
        done: Callable[[Settlement], None],
        longest_pause: float,
    ) -> None:
        self._store = store
        self._worker = worker
        self._decide = decide
        self._done = done
        self._longest_pause = longest_pause
        self._finished: list[Verdict] = []
        self._settling: list[Verdict] = []
        self._aside: set[Verdict] = set()
        self._stuck: set[int] = set()
        self._arrived = asyncio.Event()
        self._closed = False
        self.pending = 0

    @property
    def tokens(self) -> set[int]:
        """The tokens of the claims that are not settled yet."""
        return self._stuck | {verdict.claim.token for verdict in (*self._finished, *self._settling, *self._aside)}

    @property
    def unsettled(self) -> int:
        """How many verdicts wait for a settle, without those whose rows somebody has locked."""
        return self.pending - len(self._aside)

    def submit(self, verdict: Verdict) -> None:
        """Take a verdict. It is settled with all others that are there when the current settle ends."""
        self.pending += 1
        self._finished.append(verdict)
        self._arrived.set()

    def close(self) -> None:
        """No more verdicts will come; `run` ends when the last is settled."""
        self._closed = True
        self._arrived.set()

    async def run(self) -> None:
        """Settle until closed and empty."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._finished:
                self._settling, self._finished = self._finished[:GROUP], self._finished[GROUP:]
                around_locks = not self._aside.isdisjoint(self._settling)
                self._aside.difference_update(self._settling)
                await self._settle_until_done(self._settling, around_locks=around_locks)
                self._settling = []
            if self._closed and not self._aside:
                return

    async def _settle_until_done(self, group: list[Verdict], *, around_locks: bool = False) -> None:
        pauses, hindered = Pauses(self._longest_pause), 0
        while group:
            try:
                again = pauses.begun or around_locks
                settlement = await self._settle(group, around_locks=around_locks, again=again)
            except Exception as error:  # noqa: BLE001 - a plugin's writes may be refused in any way there is
                hindered += (stopped := isinstance(error, HinderedError))
                if is_locked_out(error) and not around_locks:
                    around_locks = True
                elif is_passing(error) or is_ledger_gone(error) or (stopped and hindered < HINDERED_OFTEN):
                    cause = error.__cause__ if isinstance(error, HinderedError) else None
                    pause, told = pauses.next(), _judge.describe(cause or error)
                    _logger.warning("%d results wait for the database, next try in %.1f s: %s", len(group), pause, told)
                    await asyncio.sleep(pause)
                elif len(group) > 1:
                    for verdict in group:
                        await self._settle_until_done([verdict], around_locks=around_locks)
                    return
                elif isinstance(error, SaveLockedError):
                    self._set_aside(group)
                    self._done(Settlement())
                    return
                else:
                    group, hindered = self._without(group[0], error), 0
            else:
                self._set_aside(settlement.locked)
                self._finish(settlement, len(group) - len(settlement.locked))
                return

    async def _settle(self, group: list[Verdict], *, around_locks: bool, again: bool) -> Settlement:
        settlement = await self._store.settle(self._worker, group, around_locks=around_locks)
        if settlement.lost and again:
            settlement = await self._reconsidered(settlement)
        if settlement.lost:
            await self._adopt(settlement.lost)
        return settlement

    async def _adopt(self, lost: Sequence[Verdict]) -> None:
        """Queue what lost its claim without a trace. The group is settled by now, whatever comes of this."""
        try:
            if adopted := await self._store.adopt(lost):
                _logger.warning("%d rows had lost their claims without a trace, and are queued again", adopted)
        except Exception as error:  # a constraint or a trigger of the table may refuse in any way
            if is_ledger_gone(error) or (is_passing(error) and not is_locked_out(error)):
                raise
            told = _judge.describe(error)
            _logger.warning("rows without a claim can't be queued: %s (see: curation rescue --orphans)", told)

    def _set_aside(self, locked: Sequence[Verdict]) -> None:
        """Come back to them later: whoever has locked a row delays its own settle and no other."""
        if locked:
            others = f" and {len(locked) - 1} others" if len(locked) > 1 else ""
            _logger.warning("%s%s: locked by somebody, the result waits", locked[0].claim.item, others)
            self._aside.update(locked)
            asyncio.get_running_loop().call_later(LOOK_AT_LOCKED_EVERY, self._take_up, locked)

    def _take_up(self, locked: Sequence[Verdict]) -> None:
        self._finished.extend(locked)
        self._arrived.set()

    async def _reconsidered(self, settlement: Settlement) -> Settlement:
        """After a lost connection: what is no longer held may have been settled by the commit that got no answer."""
        ended = await self._store.outcomes(settlement.lost)
        words = [(verdict, ended.get(verdict.claim.token)) for verdict in settlement.lost]
        settled = [verdict for verdict, word in words if word == verdict.outcome]
        overruled = [verdict for verdict, word in words if word == OVERRULED]
        # Any other word is a rescue's: others took the row back before that commit came through.
        lost = [verdict for verdict, word in words if word not in (verdict.outcome, OVERRULED)]
        return Settlement([*settlement.settled, *settled], [*settlement.overruled, *overruled], lost, settlement.locked)

    def _without(self, verdict: Verdict, error: Exception) -> list[Verdict]:
        """What to settle instead of a verdict that the plugin's writes, or the table itself, refused."""
        if verdict.saves and not isinstance(error, RefusedError):  # trying again would pay again, for the same refusal
            cause = error.__cause__ if isinstance(error, (SaveError, HinderedError)) else None
            return [self._stripped(self._decide(verdict.claim, cause or error, verdict.seconds))]
        item, told = verdict.claim.item, _judge.describe(error)
        retries = verdict.transition is Transition.RETRY and verdict.written is Written.WHOLE
        if verdict.outcome != "failed" and not retries:
            reason = f"the outcome was {verdict.outcome!r}: {told}"
            return [self._stripped(_judge.failed(verdict.claim, reason, None, verdict.seconds))]
        if verdict.shorten():
            stays = "its status is refused, and it stays in processing (see: curation rescue --orphans)"
            refused = stays if verdict.written is Written.NOTHING else "its reason is refused, and left out"
            _logger.error("%s: %s: %s", item, refused, told)
            return [verdict]
        _logger.error("%s can't be settled at all, and stays as it is: %s", item, told)
        self._stuck.add(verdict.claim.token)  # what is held and not heard of would be given back, and run again
        self._finish(Settlement(), 1)
        return []

    @staticmethod
    def _stripped(verdict: Verdict) -> Verdict:
        verdict.saves, verdict.result = False, None
        return verdict

    def _finish(self, settlement: Settlement, size: int) -> None:
        self.pending -= size
        for verdict in settlement.lost:
            _logger.warning(
                "%s was no longer ours when its result came (attempt %d): nothing was written",
                verdict.claim.item,
                verdict.claim.attempt,
            )
        self._done(settlement)
