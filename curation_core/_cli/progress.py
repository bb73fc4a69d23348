"""How a run gets on: a line that moves on a terminal, a log line at intervals elsewhere."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curation_core.engine import Engine

_logger = logging.getLogger(__name__)

LOGGED_EVERY, DRAWN_EVERY = 30.0, 0.2  # seconds


@asynccontextmanager
async def reporting(engine: Engine, *, until_idle: bool, every: float = LOGGED_EVERY) -> AsyncIterator[None]:
    """Tell how many items were done, as long as this lasts.

    Args:
        engine: The engine at work.
        until_idle: Whether it stops by itself: then a terminal gets a moving line.
        every: Seconds between two log lines.
    """
    tell = _draw(engine) if until_idle and sys.stderr.isatty() else _log(engine, every)
    telling = asyncio.create_task(tell, name="progress")
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


def totals(engine: Engine) -> tuple[int, int]:
    """How many attempts have ended, and how many of them failed their item."""
    counts = engine.counts.values()
    return sum(sum(of.values()) for of in counts), sum(of.get("failed", 0) for of in counts)


async def _log(engine: Engine, every: float) -> None:
    before = 0
    while True:
        await asyncio.sleep(every)
        ended, failed = totals(engine)
        if ended != before:
            _logger.info("ended=%d failed=%d rate=%.1f/s", ended, failed, (ended - before) / every)
        before = ended


async def _draw(engine: Engine) -> None:
    from rich.console import Console

    with Console(stderr=True).status("starting") as line:
        while True:
            await asyncio.sleep(DRAWN_EVERY)
            ended, failed = totals(engine)
            line.update(f"{ended:,} attempts ended, {failed:,} items failed")
