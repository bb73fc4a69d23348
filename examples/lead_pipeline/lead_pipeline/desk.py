"""What people do in the application: list businesses, decide which to follow, choose sitemaps. Plain SQL, no engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from alembic import command
from alembic.config import Config
from sqlalchemy import Boolean, column, func, insert, select, table, text, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import InstrumentedAttribute

from lead_pipeline.businesses import Business
from lead_pipeline.models import (
    Curation,
    Domain,
    ExtractionStatus,
    ImportStatus,
    LocalBusiness,
    Page,
    SitemapFile,
    Tables,
)
from lead_pipeline.town import Site

TENANT = UUID("550e8400-e29b-41d4-a716-446655440000")
STATUSES: tuple[InstrumentedAttribute[Any], ...] = (
    LocalBusiness.domain_extraction_status,
    Domain.sitemap_curation_status,
    SitemapFile.sitemap_import_status,
    Page.page_processing_status,
)
LOCKS = {
    LocalBusiness: text("LOCK TABLE local_businesses IN EXCLUSIVE MODE"),
    SitemapFile: text("LOCK TABLE sitemap_files IN EXCLUSIVE MODE"),
}
Counts = dict[tuple[str, str], int]
"""Rows by table and status."""


def alembic_config(url: str) -> Config:
    """What Alembic must know to work on a database of the application's."""
    config = Config()
    config.set_main_option("script_location", "lead_pipeline:migrations")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str) -> None:
    """Bring the application's own tables up to date, as every deploy does."""
    command.upgrade(alembic_config(url), "head")


async def list_businesses(engine: AsyncEngine, businesses: Sequence[Business]) -> dict[UUID, Business]:
    """Store businesses that nobody has looked at yet.

    Returns:
        The businesses by their rows' keys.
    """
    keyed = {uuid4(): business for business in businesses}
    rows = [
        {"id": key, "tenant_id": TENANT, "business_name": business.name, "website_url": business.website}
        for key, business in keyed.items()
    ]
    async with engine.begin() as connection:
        await connection.execute(insert(LocalBusiness), rows)
    return keyed


async def select_businesses(engine: AsyncEngine) -> int:
    """Select all new businesses. To select one is to queue it.

    Returns:
        How many.
    """
    selected = (
        update(LocalBusiness)
        .where(LocalBusiness.status == Curation.NEW)
        .values(status=Curation.SELECTED, domain_extraction_status=ExtractionStatus.QUEUED)
    )
    async with engine.begin() as connection:
        return (await connection.execute(selected)).rowcount


@asynccontextmanager
async def holding(engine: AsyncEngine, model: type[Tables]) -> AsyncIterator[None]:
    """Keep a table locked, as a migration does: it can be read, and who wants to change it waits.

    Args:
        engine: The database.
        model: The table's model.
    """
    async with engine.begin() as connection:
        await connection.execute(LOCKS[model])
        yield


async def count_waiting(engine: AsyncEngine) -> int:
    """Count the connections that wait for a table that is held."""
    locks = table("pg_locks", column("pid"), column("locktype"), column("granted", Boolean))
    asked = select(func.count(locks.c.pid.distinct())).where(locks.c.locktype == "relation", ~locks.c.granted)
    async with engine.connect() as connection:
        return (await connection.execute(asked)).scalar_one()


async def select_sitemaps(engine: AsyncEngine, sites: Sequence[Site], origins: Mapping[str, str]) -> dict[UUID, Site]:
    """Select the domains whose sites have a known sitemap, and queue it.

    Args:
        engine: The database.
        sites: The sites.
        origins: Where each domain is reached.

    Returns:
        The sites by their sitemaps' keys; a site whose domain no business led to is not among them.
    """
    by_domain = {site.domain: site for site in sites}
    async with engine.begin() as connection:
        selected = (
            update(Domain)
            .where(Domain.domain.in_(by_domain))
            .values(sitemap_curation_status=Curation.SELECTED)
            .returning(Domain.id, Domain.domain)
        )
        domains = (await connection.execute(selected)).all()
        keyed = {uuid4(): (domain_id, by_domain[domain]) for domain_id, domain in domains}
        rows = [
            {
                "id": key,
                "tenant_id": TENANT,
                "domain_id": domain_id,
                "url": origins[site.domain] + site.sitemap,
                "sitemap_import_status": ImportStatus.QUEUED,
            }
            for key, (domain_id, site) in keyed.items()
        ]
        if rows:  # without any, SQLAlchemy would insert one row of defaults
            await connection.execute(insert(SitemapFile), rows)
    return {key: site for key, (_, site) in keyed.items()}


async def count_rows(engine: AsyncEngine) -> Counts:
    """Count the rows of each table by status."""
    counts: Counts = {}
    async with engine.connect() as connection:
        for status in STATUSES:
            found = await connection.execute(select(status, func.count()).group_by(status))
            counts |= {(status.class_.__tablename__, str(word or "none")): rows for word, rows in found}
    return counts
