"""What the application's users do, on real tables."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from lead_pipeline import desk
from lead_pipeline.models import Domain, LocalBusiness, Place
from lead_pipeline.places import make_places


@pytest.fixture
async def tables(url: str) -> None:
    await asyncio.to_thread(desk.migrate, url)


async def add(engine: AsyncEngine, model: type[LocalBusiness | Domain], count: int) -> None:
    named = {LocalBusiness: "business_name", Domain: "domain"}[model]
    rows = [{"tenant_id": desk.TENANT, named: f"{number}.example.com"} for number in range(count)]
    async with engine.begin() as connection:
        await connection.execute(sa.insert(model), rows)


@pytest.mark.usefixtures("tables")
async def test_places_are_queued(engine: AsyncEngine) -> None:
    await desk.queue_places(engine, make_places(50))
    counts = await desk.count_rows(engine)
    assert counts["places_staging"] == {"Queued": 50}
    assert desk.unfinished_in(counts, Place) == desk.unfinished(counts) == 50


@pytest.mark.usefixtures("tables")
async def test_to_select_what_is_new_is_to_queue_it(engine: AsyncEngine) -> None:
    await add(engine, LocalBusiness, 5)
    await add(engine, Domain, 3)
    assert desk.unfinished(await desk.count_rows(engine)) == 8
    assert await desk.decide(engine) == 8
    counts = await desk.count_rows(engine)
    assert (counts["local_businesses"], counts["domains"]) == ({"Queued": 5}, {"queued": 3})
    assert await desk.decide(engine) == 0


@pytest.mark.usefixtures("tables")
async def test_nothing_is_left_to_do_only_when_every_row_is_decided_and_ended(engine: AsyncEngine) -> None:
    assert desk.unfinished(await desk.count_rows(engine)) == 0
    await desk.queue_places(engine, make_places(1))
    processing = sa.update(Place).values(deep_scan_status="Processing")
    completed = sa.update(Place).values(deep_scan_status="Completed")
    left = []
    for change in (processing, completed):
        async with engine.begin() as connection:
            await connection.execute(change)
        left.append(desk.unfinished(await desk.count_rows(engine)))
    assert left == [1, 0]
