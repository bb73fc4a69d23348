"""What people do in the application: queue places, and decide which to follow. Plain SQL, no engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from alembic import command
from alembic.config import Config
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import InstrumentedAttribute

from lead_pipeline import places
from lead_pipeline.models import Domain, LocalBusiness, Page, Place, SitemapFile, Tables
from lead_pipeline.words import AnalysisStatus, Curation, ImportStatus, PageStatus, ScanStatus

TENANT = UUID("550e8400-e29b-41d4-a716-446655440000")
QUEUES: dict[type[Tables], tuple[InstrumentedAttribute[Any], Any, Any]] = {
    Place: (Place.deep_scan_status, ScanStatus.QUEUED, ScanStatus.PROCESSING),
    LocalBusiness: (LocalBusiness.domain_extraction_status, ScanStatus.QUEUED, ScanStatus.PROCESSING),
    Domain: (Domain.sitemap_analysis_status, AnalysisStatus.QUEUED, AnalysisStatus.PROCESSING),
    SitemapFile: (SitemapFile.sitemap_import_status, ImportStatus.QUEUED, ImportStatus.PROCESSING),
    Page: (Page.page_processing_status, PageStatus.QUEUED, PageStatus.PROCESSING),
}
"""The tables that are worked: the status column, and its words for what is not ended yet."""
Counts = dict[str, dict[str, int]]
"""Rows by status, by table."""


def alembic_config(url: str) -> Config:
    """What Alembic must know to work on a database of the application's."""
    config = Config()
    config.set_main_option("script_location", "lead_pipeline:migrations")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str) -> None:
    """Bring the application's own tables up to date, as every deploy does."""
    command.upgrade(alembic_config(url), "head")


async def queue_places(engine: AsyncEngine, found: Sequence[places.Place]) -> None:
    """Store what a search found, and queue all of it."""
    decided = {"tenant_id": TENANT, "status": Curation.SELECTED, "deep_scan_status": ScanStatus.QUEUED}
    rows = [{**decided, "place_id": place.place_id, "name": place.business.name} for place in found]
    async with engine.begin() as connection:
        await connection.execute(insert(Place), rows)


async def decide(engine: AsyncEngine) -> int:
    """Select what is new among businesses and domains. To select one is to queue it.

    Returns:
        How many rows.
    """
    businesses = (
        update(LocalBusiness)
        .where(LocalBusiness.status == Curation.NEW)
        .values(status=Curation.SELECTED, domain_extraction_status=ScanStatus.QUEUED)
    )
    domains = (
        update(Domain)
        .where(Domain.sitemap_curation_status == Curation.NEW)
        .values(sitemap_curation_status=Curation.SELECTED, sitemap_analysis_status=AnalysisStatus.QUEUED)
    )
    selected = 0
    for new in (businesses, domains):
        async with engine.begin() as connection:
            selected += (await connection.execute(new)).rowcount
    return selected


async def count_rows(engine: AsyncEngine) -> Counts:
    """Count the rows of each queue's table by status; those without one by an empty word."""
    counts: Counts = {}
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")  # else a row might move past us
    async with snapshot.connect() as connection:
        for model, (status, *_) in QUEUES.items():
            found = await connection.execute(select(status, func.count()).group_by(status))
            counts[model.__tablename__] = {str(word or ""): rows for word, rows in found}
    return counts


def unfinished(counts: Counts) -> int:
    """How many rows wait for a decision, wait for a worker, or are worked."""
    undecided = sum(counts[model.__tablename__].get("", 0) for model in (LocalBusiness, Domain))
    return undecided + sum(unfinished_in(counts, model) for model in QUEUES)


def unfinished_in(counts: Counts, model: type[Tables]) -> int:
    """How many rows of one table wait for a worker, or are worked."""
    _, *words = QUEUES[model]
    return sum(counts[model.__tablename__].get(word, 0) for word in words)
