"""What is done with a row. Nothing here knows by which loop it is called."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from leads.database import session_factory
from leads.models import Domain, LocalBusiness, Page, PageProcessingStatus, PaidCall, SitemapFile, SitemapImportStatus


async def pay_for(item: Any) -> None:
    """Call a service that costs money."""
    async with session_factory.begin() as session:
        session.add(PaidCall(item=str(item), host=str(os.getpid())))


class PlacesDeepService:
    """Asks the map for a place."""

    async def process_single_deep_scan(self, place_id: str, session: AsyncSession) -> LocalBusiness | None:
        """The place as a business; ``None`` where the map knows none."""
        await pay_for(place_id)
        if place_id.startswith("gone"):
            return None
        business = LocalBusiness(place_id=place_id, website_url=f"https://{place_id}.example")
        session.add(business)
        return business


class LocalBusinessToDomainService:
    """Makes domains of websites."""

    async def create_pending_domain_from_local_business(self, business_id: UUID, session: AsyncSession) -> bool:
        """Whether there was a website."""
        business = await session.get_one(LocalBusiness, business_id)
        await pay_for(business_id)
        host = urlsplit(business.website_url or "").hostname
        if host:
            await session.execute(insert(Domain).values(domain=host).on_conflict_do_nothing())
        return host is not None


class SitemapImportService:
    """Makes pages of sitemaps."""

    async def process_single_sitemap_file(self, sitemap_file_id: UUID, session: AsyncSession) -> None:
        """Import one, in transactions of its own, and set its final status."""
        sitemap = await session.get_one(SitemapFile, sitemap_file_id)
        await pay_for(sitemap_file_id)
        await session.commit()
        if sitemap.url.endswith("broken.xml"):
            message = f"{sitemap.url} is no sitemap: {'<' * 2000}"
            raise ValueError(message)
        session.add_all(Page(domain_id=sitemap.domain_id, url=f"{sitemap.url}/{number}") for number in range(3))
        sitemap.url_count = 3
        sitemap.sitemap_import_status = SitemapImportStatus.Complete
        await session.commit()


class PageCurationService:
    """Reads pages."""

    async def process_single_page_for_curation(self, page_id: UUID, session: AsyncSession) -> bool:
        """Read one page. ``False`` says that it could not be read."""
        async with session.begin():
            page = await session.get_one(Page, page_id)
            await pay_for(page_id)
            if page.url.endswith("blank"):
                return False
            if page.url.endswith("down"):
                page.page_processing_status = PageProcessingStatus.Error
                return False
            page.contact_scrape_status = "NoContactFound"
            page.page_processing_status = PageProcessingStatus.Complete
        return True
