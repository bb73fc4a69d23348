"""What the application's users do, on real tables."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from lead_pipeline import desk
from lead_pipeline.businesses import make_businesses
from lead_pipeline.models import Domain, LocalBusiness, SitemapFile
from lead_pipeline.town import SITES


@pytest.fixture
async def tables(url: str) -> None:
    await asyncio.to_thread(desk.migrate, url)


@pytest.mark.usefixtures("tables")
async def test_to_select_businesses_is_to_queue_them(engine: AsyncEngine) -> None:
    rows = await desk.list_businesses(engine, make_businesses(500))
    assert await desk.count_rows(engine) == {("local_businesses", "none"): 500}
    assert await desk.select_businesses(engine) == len(rows) == 500
    assert await desk.count_rows(engine) == {("local_businesses", "Queued"): 500}


@pytest.mark.usefixtures("tables")
async def test_businesses_are_selected_once(engine: AsyncEngine) -> None:
    await desk.list_businesses(engine, make_businesses(10))
    await desk.select_businesses(engine)
    assert await desk.select_businesses(engine) == 0


@pytest.mark.usefixtures("tables")
async def test_a_selected_domain_s_sitemap_is_queued_and_no_other(engine: AsyncEngine) -> None:
    known, unknown = SITES[0], "nobody.example.com"
    async with engine.begin() as connection:
        for domain in (known.domain, unknown):
            await connection.execute(sa.insert(Domain).values(tenant_id=desk.TENANT, domain=domain))
    sitemaps = await desk.select_sitemaps(engine, SITES, {site.domain: "http://127.0.0.1:1" for site in SITES})
    assert list(sitemaps.values()) == [known]
    async with engine.connect() as connection:
        (row,) = (await connection.execute(sa.select(SitemapFile.id, SitemapFile.url))).all()
    assert tuple(row) == (next(iter(sitemaps)), "http://127.0.0.1:1/sitemap.xml")
    counts = await desk.count_rows(engine)
    assert counts == {("domains", "New"): 1, ("domains", "Selected"): 1, ("sitemap_files", "Queued"): 1}


@pytest.mark.usefixtures("tables")
async def test_who_wants_to_change_a_held_table_waits_and_is_counted(engine: AsyncEngine) -> None:
    await desk.list_businesses(engine, make_businesses(3))
    async with asyncio.TaskGroup() as tasks, desk.holding(engine, LocalBusiness):
        selecting = tasks.create_task(desk.select_businesses(engine))
        async with asyncio.timeout(30):
            while not await desk.count_waiting(engine):
                await asyncio.sleep(0)
        assert not selecting.done()
    assert selecting.result() == 3
