"""Writes what an import found, inside the settle's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, DateTime, Insert, Integer, Text, bindparam, column, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from curation_sitemap_import.findings import Findings
from curation_sitemap_import.harvest import PageBlock
from curation_sitemap_import.models import Page, SitemapFile

LEAD_SOURCE = "sitemap_import"


async def save_result(session: AsyncSession, item: SitemapFile, result: Findings) -> int:
    """Add the pages that are not there yet, and write what is now known about the sitemap.

    Args:
        session: The settle's session.
        item: The sitemap.
        result: What was found in it.

    Returns:
        How many pages were added.
    """
    added = 0
    for block in result.pages.blocks() if result.pages else ():
        inserted = await session.execute(insert_pages(item, block))
        added += inserted.rowcount  # type: ignore[attr-defined]  # an INSERT returns a cursor's result
    await session.execute(
        update(SitemapFile)
        .where(SitemapFile.id == item.id)
        .values({SitemapFile.last_processed_at: func.now(), **_known(result)})
        .execution_options(synchronize_session=False)
    )
    return added


def insert_pages(item: SitemapFile, block: PageBlock) -> Insert:
    """One statement for up to a thousand pages, with three parameters for all of them.

    A row's own parameters would reach the protocol's bound of 32,767 at 2,520 rows. What was decided is the same for
    the whole block and stands in the statement once; the words among it are rendered as bare quoted words, which
    PostgreSQL takes for an enum's value or for text, whichever the column is.

    Args:
        item: The sitemap that listed them.
        block: The pages.
    """
    decision = block.decision
    listed = (
        func.unnest(
            literal(block.urls, ARRAY(Text)),
            literal(block.last_modified, ARRAY(DateTime(timezone=True))),
            literal(block.depths, ARRAY(Integer)),
        )
        .table_valued(
            column("url", Text), column("last_modified", DateTime(timezone=True)), column("path_depth", Integer)
        )
        .render_derived(name="listed")
    )
    values = {
        Page.id: func.gen_random_uuid(),  # the application makes its own in Python, so its table may have no default
        Page.url: listed.c.url,
        Page.last_modified: listed.c.last_modified,
        Page.path_depth: listed.c.path_depth,
        Page.domain_id: literal(item.domain_id, Page.domain_id.type),
        Page.tenant_id: literal(item.tenant_id, Page.tenant_id.type),
        Page.sitemap_file_id: literal(item.id, Page.sitemap_file_id.type),
        Page.lead_source: literal(LEAD_SOURCE, Text),
        Page.priority_level: literal(decision.priority, Integer),
        Page.honeybee_json: literal(decision.record, Page.honeybee_json.type),
        Page.page_type: _word(decision.category),
        Page.page_curation_status: _word(decision.curation_status),
        Page.page_processing_status: _word(decision.processing_status),
    }
    rows = select(*values.values())
    return (
        insert(Page).from_select(list(values), rows).on_conflict_do_nothing(index_elements=[Page.domain_id, Page.url])
    )


def _word(word: str) -> Any:
    return bindparam(None, word, Text, literal_execute=True)


def _known(findings: Findings) -> dict[InstrumentedAttribute[Any], Any]:
    values: dict[InstrumentedAttribute[Any], Any] = {
        SitemapFile.url_count: findings.pages and findings.pages.count,
        SitemapFile.has_lastmod: findings.pages and findings.pages.dated,
        SitemapFile.size_bytes: findings.size_bytes,
        SitemapFile.status_code: findings.status_code,
        SitemapFile.is_gzipped: findings.is_gzipped,
    }
    return {column: value for column, value in values.items() if value is not None}
