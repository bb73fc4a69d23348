"""Time in a trial: what lasts for a while, and what is waited for."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

POLL = 0.05  # seconds


class TooLateError(Exception):
    """What was waited for did not come."""


async def until(condition: Callable[[], Any], deadline: float = float("inf")) -> Any:
    """Wait for a condition, sync or async.

    Args:
        condition: Says something that is true.
        deadline: Seconds.

    Returns:
        What the condition said.

    Raises:
        TooLateError: It said nothing true before the deadline.
    """
    end = time.monotonic() + deadline
    while True:
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        if time.monotonic() > end:
            message = f"not within {deadline:g} s"
            raise TooLateError(message)
        await asyncio.sleep(POLL)


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
