"""Run the schedulers: ``python -m leads``, until nothing waits and nothing is being processed."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from leads.database import engine, session_factory
from leads.deep_scan import setup_deep_scan_scheduler
from leads.domain_extraction import setup_domain_extraction_scheduler
from leads.models import BUSY
from leads.page_curation import setup_page_curation_scheduler
from leads.scheduler_instance import EVERY, scheduler
from leads.sitemap_import import setup_sitemap_import_scheduler


async def anything_left() -> bool:
    """Whether a row of any table waits or is being processed, here or on another host."""
    async with session_factory() as session:
        for status, words in BUSY.items():
            if (await session.execute(select(status).where(status.in_(words)).limit(1))).first():
                return True
    return False


async def main() -> None:
    """Run each scheduler at its interval, one instance of each at a time."""
    setup_deep_scan_scheduler()
    setup_domain_extraction_scheduler()
    setup_sitemap_import_scheduler()
    setup_page_curation_scheduler()
    scheduler.start()
    while await anything_left():  # noqa: ASYNC110 - nobody tells of rows that other hosts have ended
        await asyncio.sleep(EVERY)
    scheduler.shutdown()
    await engine.dispose()


asyncio.run(main())
