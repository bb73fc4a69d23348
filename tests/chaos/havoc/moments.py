"""Time in a trial: what lasts for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

POLL = 0.05  # seconds


async def again_and_again(seconds: float, every: float = POLL) -> AsyncIterator[None]:
    """Come back at an interval for as long as a fault, or a measurement, lasts.

    Args:
        seconds: How long.
        every: Seconds between two times.
    """
    end = next_time = time.monotonic()
    end += seconds
    while time.monotonic() < end:
        if time.monotonic() >= next_time:
            next_time = max(next_time + every, time.monotonic())  # nothing is made up for
            yield
        await asyncio.sleep(POLL)


async def lasts(seconds: float) -> None:
    """Let something last. Nothing is waited for: a fault has a length, and so has a measurement."""
    async for _ in again_and_again(seconds):
        pass
