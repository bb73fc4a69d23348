"""Whose doing a cancellation is."""

from __future__ import annotations

import asyncio


def cancelled_from_outside() -> bool:
    """Whether somebody asked the running task to end: a CancelledError is theirs, then, and not its code's own."""
    current = asyncio.current_task()
    return current is not None and current.cancelling() > 0
