"""Writes what was found, inside the settle's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from curation_sitemap_discovery.discovery import Found
from curation_sitemap_discovery.models import Domain, SitemapFile


async def save_result(session: AsyncSession, item: Domain, result: list[Found]) -> None:
    """Add and queue the sitemaps that are not there yet. One that is there stays as it is, whoever put it there.

    Args:
        session: The settle's session.
        item: The domain.
        result: Its sitemaps.
    """
    rows: list[dict[InstrumentedAttribute[Any], Any]] = [
        {
            SitemapFile.domain_id: item.id,
            SitemapFile.tenant_id: item.tenant_id,
            SitemapFile.url: found.url,
            SitemapFile.sitemap_type: found.sitemap_type,
            SitemapFile.discovery_method: found.discovery_method,
            # A bound parameter would carry the type VARCHAR, which a native enum refuses; a quoted literal has none.
            SitemapFile.sitemap_import_status: bindparam(None, "Queued", literal_execute=True),
        }
        for found in result
    ]
    new = insert(SitemapFile).values(rows)
    await session.execute(new.on_conflict_do_nothing(index_elements=[SitemapFile.domain_id, SitemapFile.url]))
