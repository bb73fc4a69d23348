"""How fast this process calls: so many a minute, and slower after Google said that it was too fast."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LONGEST_WAIT = 20.0
"""Seconds that a call waits for its turn at most. One whose turn is further away gives its row back then."""
SLOWEST = 16.0
"""How many times the usual gap between two calls may grow."""
RECOVERY = 0.95
"""What an answer leaves of a slowdown: after about 14 of them half of it is gone."""


class Pace:
    """Gives each call its turn.

    Args:
        calls_per_minute: How many.
        clock: The time in seconds; the event loop's by default.
        longest_wait: Seconds that a call waits at most.
    """

    def __init__(
        self, calls_per_minute: int, clock: Callable[[], float] | None = None, *, longest_wait: float = LONGEST_WAIT
    ) -> None:
        self._gap = 60 / calls_per_minute
        self._longest_wait = longest_wait
        self._clock = clock or asyncio.get_running_loop().time
        self._next = 0.0
        self._closed_until = 0.0
        self.slowness = 1.0

    async def turn(self) -> float:
        """Wait for a turn, or as long as a call waits at most.

        Returns:
            0 when it has come; else the seconds after which to ask again.
        """
        while True:
            closed_until = self._closed_until
            wait = self.take()
            if wait > self._longest_wait:
                # Given back at once, its place in the batch would go to the next row, and that one's to the next: all
                # that are queued would be claimed and given back, for nothing.
                await asyncio.sleep(self._longest_wait)
                return wait - self._longest_wait
            if wait:
                await asyncio.sleep(wait)
            if closed_until == self._closed_until:
                return 0.0

    def take(self) -> float:
        """Take the next turn, unless it is too far away.

        Returns:
            Seconds until then.
        """
        now = self._clock()
        turn = max(now, self._next, self._closed_until)
        if turn - now <= self._longest_wait:
            self._next = turn + self._gap * self.slowness
        return turn - now

    def slow_down(self, wait: float) -> None:
        """Let no call leave for a time, not even one that waits for its turn, and fewer of them after that.

        Args:
            wait: Seconds.
        """
        self._closed_until = max(self._closed_until, self._clock() + wait)
        self.slowness = min(self.slowness * 2, SLOWEST)

    def recover(self) -> None:
        """A call was answered: come a little nearer to the usual gap."""
        self.slowness = max(self.slowness * RECOVERY, 1.0)
