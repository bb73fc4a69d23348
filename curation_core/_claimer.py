"""Claim around the rows that the table does not let be claimed: one of them keeps no other from being claimed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import timedelta

from curation_core import _judge
from curation_core._sql.cursor import Cursor
from curation_core._store.claiming import ClaimStore, Window
from curation_core._store.connections import is_refusal
from curation_core._waiting import Pauses
from curation_core.claims import Claim

_logger = logging.getLogger(__name__)

IN_A_ROW = 100
"""After so many refused rows with nothing claimed between them, the table seems to refuse everything."""
POSTPONED = timedelta(seconds=15)
"""A row that fell due and can't be claimed waits on for so long."""
LOOK_SHARE = 50
"""What was refused is looked at again when that many times what its refusals cost has passed."""
MOST_TOLD = 1000
"""Rows that are named in the log, each once."""


class Claimer:
    """Claims the rows of one workflow, fewer at once where the table refuses some, and past those that it refuses.

    Args:
        name: The workflow's name.
        claims: Where rows come from.
        longest_pause: Seconds until refused rows are looked at again, at most, if that is not too dear.
        look: Called when it is time to look at refused rows again.
    """

    def __init__(self, name: str, claims: ClaimStore, longest_pause: float, look: Callable[[], None]) -> None:
        self.held = claims.held
        self.hopeful = False
        self._name = name
        self._claims = claims
        self._look = look
        self._pauses = Pauses(longest_pause)
        self._width = MOST_TOLD
        self._in_a_row = 0
        self._told: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._refused_at = self._spent = 0.0

    async def fresh(self, limit: int, cursor: Cursor) -> Window:
        """As `ClaimStore.fresh`. A row that can't be claimed is a window of its own, with nothing to win."""
        while True:
            width = min(limit, self._width)
            started = time.monotonic()
            try:
                window = await self._claims.fresh(width, cursor)
            except Exception as error:
                if self._narrows(error, width, started):
                    continue
                first = await self._claims.first(cursor)
                if first is None:
                    raise
                self._tell(first[0], error)
                return Window([], first[1])
            self._widen(len(window.claims))
            return window

    async def due(self, limit: int) -> tuple[list[Claim], bool]:
        """Rows whose wait for a retry is over, and whether there may be more."""
        while True:
            width = min(limit, self._width)
            started = time.monotonic()
            try:
                claims = await self._claims.due(width)
            except Exception as error:  # noqa: BLE001 - what is no refusal is raised again
                if not self._narrows(error, width, started):
                    await self._postpone(error, suspects=False)
                continue
            self._widen(len(claims))
            return claims, len(claims) == width

    async def suspect(self) -> list[Claim]:
        """One row, if there is one, that is to run alone."""
        started = time.monotonic()
        try:
            return await self._claims.suspect()
        except Exception as error:  # noqa: BLE001 - likewise
            self._narrows(error, 1, started)
            await self._postpone(error, suspects=True)
            return []

    def encourage(self) -> None:
        """A row was settled, which refused ones may have waited for: a unique index may let one through at a time."""
        if self._timer is not None:
            self.hopeful = True
            self._pauses.end()

    def _narrows(self, error: Exception, width: int, started: float) -> bool:
        """Whether to try again with fewer rows; not where it was one. What is no refusal of a row is raised."""
        if not is_refusal(error) or self._in_a_row >= IN_A_ROW:
            self._in_a_row = 0
            raise error
        self._spent += time.monotonic() - started
        self._width = max(1, width // 2)
        return width > 1

    def _widen(self, claimed: int) -> None:
        self._width = min(2 * self._width, MOST_TOLD)
        if claimed:
            self._in_a_row = 0

    async def _postpone(self, error: Exception, *, suspects: bool) -> None:
        item = await self._claims.postpone(POSTPONED, suspects=suspects)
        if item is None:
            raise error
        self._tell(item, error)

    def _tell(self, item: str, error: Exception) -> None:
        self._in_a_row += 1
        if item not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(item)
            # Without its detail, which has the row's values.
            said = getattr(getattr(error, "orig", error), "message", None) or _judge.describe(error)
            _logger.error("%s: %s can't be claimed, and others are claimed past it: %s", self._name, item, said)
        if self._timer is None:
            self._refused_at = time.monotonic()
            self._timer = asyncio.get_running_loop().call_later(self._pauses.next(), self._look_again)

    def _look_again(self) -> None:
        wait = self._refused_at + LOOK_SHARE * self._spent - time.monotonic()
        if wait > 0:
            self._timer = asyncio.get_running_loop().call_later(wait, self._look_again)
            return
        self._timer, self._spent, self.hopeful = None, 0.0, False
        self._look()
