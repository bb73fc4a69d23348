"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

JITTER = 0.1  # of each wait, either way: rows that failed together do not come back together


def backoff_delay(waits: Sequence[timedelta], attempt: int, spread: float | None = None) -> timedelta:
    """The wait after attempt number ``attempt`` went wrong.

    Args:
        waits: The policy's waits; the last one repeats.
        attempt: Which attempt it was, from 1.
        spread: From -1 to 1, where in the jitter the wait falls; ``None`` draws it.

    >>> backoff_delay([timedelta(seconds=10), timedelta(minutes=1)], attempt=5, spread=0)
    datetime.timedelta(seconds=60)
    """
    wait = waits[min(attempt, len(waits)) - 1]
    if spread is None:
        spread = random.uniform(-1, 1)  # noqa: S311 - spreads load, guards nothing
    return wait * (1 + JITTER * spread)
