"""One batch of an existing scheduler: claimed at once, run one after the other, each settled when it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar
from uuid import uuid4

from curation_core import _judge
from curation_core._heartbeat import Heartbeat
from curation_core._rescuer import Rescuer
from curation_core._settler import Settler
from curation_core._sql.cursor import Cursor
from curation_core._sql.rows import Rows
from curation_core._store import Store
from curation_core._store.claiming import Limits
from curation_core._store.settling import SettleStore
from curation_core.claims import Claim, Settlement, Verdict
from curation_core.host import Observers, core_version
from curation_core.policy import Policy
from curation_core.settings import HostSettings

_logger = logging.getLogger(__name__)

POLICY = Policy(max_attempts=3, backoff=(timedelta(seconds=10), timedelta(minutes=1)))
"""What becomes of a row whose process died; a row whose function raised is not tried again, as it never was."""
GIVE_BACK_WITHIN = 6.0  # seconds for a cancelled function to end, and for what is left of the batch to be given back
LONGEST_PAUSE = 3.0  # seconds between tries to settle while the database is away


class NoSession(Exception):
    """The application gave no session: nothing was tried."""


class Batch:
    """One call's work, under a worker id of its own.

    Args:
        store: The database.
        host: How processes watch each other.
        rows: The rows.
        function: Runs one item. Raises `NoSession` where it could not even begin.

    Attributes:
        cut_off_at: When a call in this process last found the database away, in seconds of the monotonic clock.
    """

    cut_off_at: ClassVar[float] = float("-inf")

    def __init__(self, store: Store, host: HostSettings, rows: Rows, function: Callable[[Any], Awaitable[Any]]) -> None:
        self.counts: dict[str, int] = {}
        self._id = uuid4()
        self._store = store
        self._host = host
        self._rows = rows
        self._function = function
        self._claims = store.claims(rows, self._id, Limits())
        self._settler = Settler(store.closing(rows), self._id, _failed, self._settled, LONGEST_PAUSE)
        self._upkeep = store.upkeep(host.lost_after)
        self._left: deque[Claim] = deque()
        self._running: asyncio.Task[Any] | None = None
        self._over = ""
        self._progress = asyncio.Event()

    async def run(self, size: int) -> None:
        """Take back what dead processes held, then claim and run that many rows at most.

        Cancelled, it cancels the function that runs and gives back what is left, uncharged.
        """
        working = asyncio.create_task(self._run(size), name=f"a batch of {self._rows.name}")
        try:
            await asyncio.shield(working)
        except asyncio.CancelledError:
            self._end("the scheduler stopped before it was done")
            await asyncio.wait((working,), timeout=GIVE_BACK_WITHIN)
            if working.done() and not working.cancelled() and (wrong := working.exception()) is not None:
                _logger.warning("%s: a batch did not end well: %s", self._rows.name, _judge.describe(wrong))
            raise

    async def _run(self, size: int) -> None:
        version = core_version() or "?"
        await self._upkeep.register(self._id, socket.gethostname(), os.getpid(), version, [self._rows.name])
        heartbeat = Heartbeat(
            self._store,
            self._id,
            every=self._host.heartbeat_every,
            stall_after=self._host.stall_after,
            lost_after=self._host.lost_after,
            lost=lambda reason: self._end(f"this process was taken for dead: {reason}"),
            no_answer=self._store.cut_connections,
            cut_off=time.monotonic() - self.cut_off_at < self._host.lost_after.total_seconds(),
        )
        heartbeat.start()
        try:
            await self._work(size, steady=heartbeat.steady)
        finally:
            heartbeat.stop()
            with suppress(Exception):  # others will clean up, and tell why it went wrong
                await self._upkeep.leave(self._id)

    async def _work(self, size: int, *, steady: bool) -> None:
        rescuer = self._rescuer()
        if steady:  # a process that was cut off from the database lets the others come back first
            await rescuer.sweep()
        settling = asyncio.create_task(self._settler.run(), name=f"settle {self._rows.name}")
        try:
            ran = await self._run_suspects(size)
            self._left.extend(await self._claim(size - ran))
            await self._run_all()
            if ran or self.counts:
                await rescuer.prune()
        except asyncio.CancelledError:
            self._end("the scheduler stopped before it was done")
            raise
        finally:
            while self._left:
                self._settler.submit(_judge.release(self._left.popleft(), self._over or "the batch ended early"))
            self._settler.close()
            await settling

    def _rescuer(self) -> Rescuer:
        # A row that a dead process's function had finished was not lost: it must not be told as taken back.
        settling = SettleStore(self._store.engine, self._store.ledger, self._store.now, self._rows, None, {})
        workflows = {self._rows.name: (self._rows, settling, POLICY)}
        return Rescuer(self._upkeep, workflows, Observers({}), self._host.history_for)

    async def _run_suspects(self, size: int) -> int:
        """Run rows that may end the process, before any other is held that would be lost with it."""
        ran = 0
        while ran < size and not self._over and (claims := await self._claims.suspect()):
            self._left.extend(claims)
            await self._run_all()
            ran += 1
        return ran

    async def _claim(self, size: int) -> Sequence[Claim]:
        if size <= 0 or self._over:
            return ()
        claims = await self._claims.due(size)
        cursor: Cursor | None = Cursor()
        while cursor is not None and len(claims) < size:
            window = await self._claims.fresh(size - len(claims), cursor)
            claims += window.claims
            cursor = None if window.held_back else window.cursor
        return claims

    async def _run_all(self) -> None:
        while self._left and not self._over:
            started = time.monotonic()
            claim = self._left[0]
            verdict = await self._attempt(claim, started)
            self._left.popleft()
            self._settler.submit(verdict)
            await self._until_settled()  # else what is done would be done again, if the next one ends the process

    async def _until_settled(self) -> None:
        while self._settler.unsettled and not self._over:
            self._progress.clear()
            await self._progress.wait()

    async def _attempt(self, claim: Claim, started: float) -> Verdict:
        try:
            # Its turn may come minutes after its claim: a person may have moved it, or another host taken it back.
            if not await self._claims.still_held(claim):
                return _judge.release(claim, "its row was moved before its turn came")
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing was tried
            return _judge.release(claim, _judge.describe(error))
        self._running = asyncio.create_task(self._call(claim))
        try:
            await asyncio.wait((self._running,))
        except asyncio.CancelledError:
            self._end("the scheduler stopped before it was done")
            await asyncio.wait((self._running,), timeout=GIVE_BACK_WITHIN)
            raise
        return self._verdict(claim, self._running, time.monotonic() - started)

    async def _call(self, claim: Claim) -> Any:
        key = self._rows.workflow.mapper.primary_key_from_instance(claim.row)
        return await self._function(key[0] if len(key) == 1 else tuple(key))

    def _verdict(self, claim: Claim, ended: asyncio.Task[Any], seconds: float) -> Verdict:
        if ended.cancelled():
            if self._over:
                return _judge.release(claim, self._over, seconds)
            return _failed(claim, asyncio.CancelledError("it cancelled itself"), seconds)
        error = ended.exception()
        if isinstance(error, NoSession):
            _logger.error("%s %s: %s; it stays queued", self._rows.name, claim.item, error)
            return _judge.release(claim, str(error), seconds)
        if error is not None:
            _logger.error("%s %s went wrong", self._rows.name, claim.item, exc_info=error)
            return _failed(claim, error, seconds)
        if ended.result() is False:
            return _judge.failed(claim, "processing_function returned False", None, seconds)
        return _judge.judge(claim, ended.result(), POLICY, seconds)

    def _end(self, reason: str) -> None:
        self._over = self._over or reason
        self._progress.set()
        if self._running is not None:
            self._running.cancel()

    def _settled(self, settlement: Settlement) -> None:
        self._progress.set()
        for verdict in settlement.settled:
            self.counts[verdict.outcome] = self.counts.get(verdict.outcome, 0) + 1


def _failed(claim: Claim, error: BaseException, seconds: float) -> Verdict:
    """As the old helper wrote it: the exception's text alone, cut. One without a text is named by its type."""
    reason = str(error)[: _judge.REASON_LENGTH] if str(error).strip() else _judge.describe(error)
    return _judge.failed(claim, reason, None, seconds)
