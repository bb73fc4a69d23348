"""Which window of the order to claim from next. Pure: it is told the time."""

from __future__ import annotations

from curation_core._sql.cursor import Cursor

LOOK_BACK_EVERY = 1.0  # seconds between looks at the head of the order while a backlog is worked
LOOK_BACK_SHARE = 50  # times the cost of such a look must pass before the next


class Scan:
    """Goes through a workflow's order window by window, and knows when all of it was seen.

    A pass starts where the last one ended, since that is where new rows usually are, and is complete when the order
    was gone through from its start to its end without a claim.
    """

    def __init__(self) -> None:
        self.cursor = Cursor()
        self._tail = Cursor()
        self._resume: Cursor | None = None
        self._claimed = False
        self._from_start = True
        self._moved = False
        self._looked_back_at = 0.0
        self._look_back_every = LOOK_BACK_EVERY

    def begin(self) -> None:
        """Start a pass, at the end of the last one."""
        self.cursor = self._tail
        self._from_start = self.cursor.at_start
        self._claimed = False
        self._resume = None

    def look_back(self, now: float) -> bool:
        """At intervals, look at the head once: rows may have come in ahead of the cursor.

        Args:
            now: Seconds of any clock that does not jump.

        Returns:
            Whether it is time for that.
        """
        if (
            self._moved
            and self._resume is None
            and not self.cursor.at_start
            and now - self._looked_back_at > self._look_back_every
        ):
            self._resume, self.cursor = self.cursor, Cursor()
            self._looked_back_at = now
            self._moved = False  # a slow loop must not look at nothing but the head
            return True
        return False

    def advance(self, following: Cursor | None, claimed: int, seconds: float) -> bool:
        """Take note of a window.

        Args:
            following: Where the next window starts; ``None`` at the end of the order.
            claimed: How many rows this one brought.
            seconds: How long it took.

        Returns:
            Whether the pass goes on.
        """
        self._claimed = self._claimed or claimed > 0
        self._moved = self._moved or self._resume is None
        if self._resume is not None:
            if claimed:
                self._looked_back_at = float("-inf")  # there may be more: the head and the rest take turns
            else:
                # Dead entries that a long transaction keeps make the head dear; how dear decides how often to look.
                self._look_back_every = max(LOOK_BACK_EVERY, LOOK_BACK_SHARE * seconds)
            self.cursor, self._resume = self._resume, None
            return True
        if following is not None:
            self.cursor = self._tail = following
            return True
        complete = self._from_start and not self._claimed
        self.cursor = Cursor()
        self._resume = None
        self._from_start, self._claimed = True, False
        return not complete
