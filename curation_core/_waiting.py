"""Wait for an event, but not for ever; and between tries, longer each time."""

from __future__ import annotations

import asyncio
import random


async def wait_for(event: asyncio.Event, seconds: float | None) -> None:
    """Return when the event is set, or after that many seconds; ``None``: only then."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


class Pauses:
    """The pauses between tries while the database is away: each twice the one before, spread at random, bounded.

    Args:
        longest: Seconds.
    """

    FIRST = 0.1  # seconds

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._last = 0.0

    @property
    def begun(self) -> bool:
        """Whether there was one since the last success."""
        return self._last > 0

    def end(self) -> None:
        """Begin anew with the shortest: a try succeeded."""
        self._last = 0.0

    def next(self) -> float:
        """The next one, in seconds."""
        self._last = min(self._last * 2 or self.FIRST, self._longest)
        return self._last * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing
