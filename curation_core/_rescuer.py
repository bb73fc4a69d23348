"""Take back what dead workers hold, and sweep what nobody waits for. Any host does this; none leads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from curation_core import _judge
from curation_core._sql.rows import Rows
from curation_core._store.settling import SettleStore
from curation_core._store.upkeep import Lost, UpkeepStore
from curation_core.claims import Settlement, Verdict
from curation_core.host import Observers
from curation_core.policy import Policy
from curation_core.states import Transition

_logger = logging.getLogger(__name__)


class Rescuer:
    """The sweeps of one process.

    Args:
        upkeep: Runs the statements.
        workflows: For each workflow its rows, its settle and its policy.
        observers: Everybody who watches.
        history_for: History older than this is pruned.
        failed: Called with a workflow's name for each of its rows that failed by a rescue.
        suspects: Called with a workflow's name where rows of it are to run alone.
    """

    def __init__(
        self,
        upkeep: UpkeepStore,
        workflows: Mapping[str, tuple[Rows, SettleStore, Policy]],
        observers: Observers,
        history_for: timedelta,
        failed: Callable[[str], None] = lambda _name: None,
        suspects: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._upkeep = upkeep
        self._workflows = workflows
        self._observers = observers
        self._history_for = history_for
        self._failed = failed
        self._suspects = suspects

    async def sweep(self) -> int:
        """Rescue every workflow's lost rows, drop stale waits, and forget the dead.

        Each workflow on its own: a table that is gone or locked must not keep another's rows from being rescued.

        Returns:
            How many rows were taken back.
        """
        taken_back = await asyncio.gather(*(self._sweep_one(name) for name in self._workflows))
        await self._upkeep.forget_dead_workers()
        return sum(taken_back)

    async def _sweep_one(self, name: str) -> int:
        rows, settling, policy = self._workflows[name]
        taken_back = 0
        try:
            while settlements := await self._upkeep.rescue(rows, settling, partial(judge, policy)):
                for settlement in settlements:
                    taken_back += len(settlement.settled)
                    self._tell(name, settlement)
            await self._upkeep.drop_unwanted_waiting(rows)
            if await self._upkeep.suspects_due(rows):
                self._suspects(name)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next sweep tries again
            _logger.warning("%s: a sweep did not come through, the next will try: %s", name, _judge.describe(error))
        return taken_back

    async def prune(self) -> None:
        """Delete old history."""
        await self._upkeep.prune_history(self._history_for)

    def _tell(self, name: str, settlement: Settlement) -> None:
        for verdict in settlement.settled:
            _logger.warning("%s: took back %s: %s", name, verdict.claim.item, verdict.reason)
            ended = "failed" if verdict.transition is Transition.ABANDON else "retry"
            if ended == "failed":
                self._failed(name)
            if self._observers.has_rescued:
                self._observers.rescued(name, verdict.claim.item, ended, verdict.reason)


def judge(policy: Policy, lost: Lost) -> Verdict:
    """What becomes of a lost row, with the evidence in its reason."""
    if lost.heartbeat_at is None:
        evidence = f"worker {lost.worker} is gone from the list of workers"
    else:
        silent = (lost.now - lost.heartbeat_at).total_seconds()
        evidence = (
            f"worker {lost.host}:{lost.pid} was silent for {silent:.0f} s, since {lost.heartbeat_at:%H:%M:%S} UTC"
        )
    if lost.lives_on:
        evidence = f"{evidence}; its process was cut off, and works on under another id"
    return _judge.judge_lost(lost.claim, evidence, policy, died=not lost.lives_on)
