"""Wait for what a test has no event for."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

from curation_core.testing.loading import HarnessError

POLL = 0.01


async def eventually(condition: Callable[[], Any], deadline: float = 60.0) -> Any:
    """Wait until a condition holds.

    Args:
        condition: A function, ``async`` or not.
        deadline: Seconds, as a failure guard.

    Returns:
        What the condition gave when it was true.

    Raises:
        HarnessError: It never was. The message has its source and what it gave last.
    """
    end = time.monotonic() + deadline
    while True:
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        if time.monotonic() > end:
            message = f"not within {deadline:g} s: {_written(condition)}; the last answer was {found!r}"
            raise HarnessError(message)
        await asyncio.sleep(POLL)


def _written(condition: Callable[[], Any]) -> str:
    try:
        return inspect.getsource(condition).strip()
    except (OSError, TypeError):
        return repr(condition)
