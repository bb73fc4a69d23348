"""What the host process opens before the first place, and closes after the last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from curation_deep_scan.budget import Budget, Sessions
from curation_deep_scan.purging import purging
from curation_deep_scan.scanning import Scanner
from curation_deep_scan.settings import DeepScanSettings


@asynccontextmanager
async def lifespan(settings: DeepScanSettings, sessions: Sessions) -> AsyncIterator[Scanner]:
    """Open the one way to the API, at one pace and within one budget.

    Args:
        settings: The operator's.
        sessions: For the short transactions in which calls are counted.

    Yields:
        What scans the places.
    """
    scanner = Scanner(settings, Budget(sessions, settings.calls_per_day))
    async with purging(sessions, settings.purge_every_hours), scanner:
        yield scanner
