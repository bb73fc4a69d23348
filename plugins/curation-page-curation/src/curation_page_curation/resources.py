"""What all pages share while the process works."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from curation_fetch import Fetcher
from curation_page_curation.reader import PageReader
from curation_page_curation.robots import Robots
from curation_page_curation.settings import PageCurationSettings
from curation_page_curation.slots import HostSlots
from curation_page_curation.visiting import Visitor

LEASE_MARGIN = 10
"""Seconds that a turn at a host may last beyond the longest fetch."""


@asynccontextmanager
async def visitor(settings: PageCurationSettings, sessions: Any) -> AsyncIterator[Visitor]:
    """Open the way to the network and the process that reads pages.

    Args:
        settings: How far to go.
        sessions: Makes the sessions of the plugin's own, an ``async_sessionmaker``.
    """
    lease = settings.fetch.total_seconds + LEASE_MARGIN
    slots = HostSlots(sessions, lease=lease, max_wait=settings.max_wait_seconds)
    reader = PageReader(cpu_seconds=settings.read_cpu_seconds, memory_mb=settings.read_memory_mb)
    async with reader, Fetcher(settings.fetch) as fetcher:
        robots = Robots(fetcher, slots, reader, settings)
        yield Visitor(fetcher, slots, robots, reader, settings)
