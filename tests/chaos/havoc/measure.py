"""From when each effect was written to figures. Nothing here knows a database."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

ENOUGH = 0.95
"""Of the throughput before: from there on it counts as recovered."""

WINDOW = 2.0
"""Seconds over which throughput is looked at for its recovery: what was kept over an outage and is written at its end
in one go would make a shorter window look full."""

STEP = 0.05  # seconds between two starts of that window


def rate(moments: Sequence[float], start: float, end: float) -> float:
    """Effects a second between two moments.

    Args:
        moments: When each was written, in order.
        start: In the same seconds.
        end: Likewise.
    """
    return (bisect_left(moments, end) - bisect_left(moments, start)) / (end - start)


def recovered(moments: Sequence[float], since: float, until: float, before: float) -> float | None:
    """How many seconds it took until throughput was back.

    Args:
        moments: When each effect was written, in order.
        since: The fault's end.
        until: When looking ended.
        before: Effects a second before the fault.

    Returns:
        The seconds until the first window with `ENOUGH`; ``None`` where there was none.
    """
    steps = int((until - since - WINDOW) / STEP) + 1
    for number in range(max(steps, 0)):
        start = since + number * STEP
        if rate(moments, start, start + WINDOW) >= ENOUGH * before:
            return start - since
    return None
