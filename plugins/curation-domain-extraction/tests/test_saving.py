"""What ``save_result`` leaves in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from curation_domain_extraction import plugin
from curation_domain_extraction.models import LocalBusiness
from curation_domain_extraction.websites import Website

NewBusiness = Callable[..., Awaitable[LocalBusiness]]
JOES = Website("joes.com", "joes.com", "own")
LINKED = Website("joes.com", "joes.com", "own", link_table="domain_local_businesses")


async def rows_of(session: AsyncSession, name: str, schema: str | None = None) -> Sequence[sa.Row[Any]]:
    return (await session.execute(sa.select(sa.text("*")).select_from(sa.table(name, schema=schema)))).all()


async def test_a_new_domain_waits_for_the_next_step_as_the_business_s(
    session: AsyncSession, new_business: NewBusiness
) -> None:
    business = await new_business(tenant_id=uuid4())
    await plugin.save_result(session, business, Website("shop.joes.co.uk", "joes.co.uk", "own"))
    await session.commit()
    (domain,) = await rows_of(session, "domains")
    assert isinstance(domain.id, UUID)
    assert (domain.domain, domain.status) == ("shop.joes.co.uk", "pending")
    assert (domain.tenant_id, domain.local_business_id) == (business.tenant_id, business.id)
    assert (domain.sitemap_curation_status, domain.sitemap_analysis_status) == ("New", None)
    assert domain.meta_json == {"registrable_domain": "joes.co.uk", "kind": "own"}


async def test_a_domain_that_exists_stays_with_the_business_it_has(
    session: AsyncSession, new_business: NewBusiness
) -> None:
    first, second = await new_business(), await new_business()
    await plugin.save_result(session, first, JOES)
    await plugin.save_result(session, second, JOES)
    (domain,) = await rows_of(session, "domains")
    assert domain.local_business_id == first.id


async def test_a_domain_without_a_business_gets_this_one_and_keeps_what_a_person_set(
    session: AsyncSession, new_business: NewBusiness
) -> None:
    tenant = uuid4()
    business = await new_business(tenant_id=tenant)
    known = sa.text(
        "insert into domains (id, tenant_id, domain, status, sitemap_curation_status, meta_json, notes) "
        "values (:id, :tenant, 'joes.com', 'active', 'Selected', '{\"a\": 1}', 'ours')"
    )
    await session.execute(known, {"id": (known_id := uuid4()), "tenant": tenant})
    await plugin.save_result(session, business, JOES)
    (domain,) = await rows_of(session, "domains")
    assert (domain.id, domain.local_business_id) == (known_id, business.id)
    assert (domain.status, domain.sitemap_curation_status) == ("active", "Selected")
    assert (domain.meta_json, domain.notes) == ({"a": 1}, "ours")


async def test_a_domain_of_another_tenant_is_left_alone(session: AsyncSession, new_business: NewBusiness) -> None:
    business = await new_business(tenant_id=uuid4())
    theirs = sa.text("insert into domains (id, tenant_id, domain, status) values (:id, :tenant, 'joes.com', 'active')")
    await session.execute(theirs, {"id": uuid4(), "tenant": uuid4()})
    await plugin.save_result(session, business, JOES)
    (domain,) = await rows_of(session, "domains")
    assert domain.local_business_id is None


async def test_no_link_is_written_unless_a_table_is_named(session: AsyncSession, new_business: NewBusiness) -> None:
    business = await new_business()
    await plugin.save_result(session, business, JOES)
    assert await rows_of(session, "domain_local_businesses") == []


async def test_with_a_link_table_every_business_of_a_shared_website_is_linked_once(
    session: AsyncSession, new_business: NewBusiness
) -> None:
    businesses = [await new_business(), await new_business()]
    for business in (*businesses, businesses[0]):
        await plugin.save_result(session, business, LINKED)
    (domain,) = await rows_of(session, "domains")
    links = {tuple(link) for link in await rows_of(session, "domain_local_businesses")}
    assert links == {(domain.id, business.id) for business in businesses}


async def test_a_link_table_may_stand_in_another_schema(session: AsyncSession, new_business: NewBusiness) -> None:
    business = await new_business()
    await session.execute(sa.text("create schema crm"))
    await session.execute(sa.text("create table crm.links (domain_id uuid, local_business_id uuid)"))
    await plugin.save_result(session, business, Website("joes.com", "joes.com", "own", link_table="crm.links"))
    assert [link.local_business_id for link in await rows_of(session, "links", "crm")] == [business.id]


async def test_two_businesses_settled_at_once_leave_one_domain(
    engine: AsyncEngine, session: AsyncSession, new_business: NewBusiness
) -> None:
    first, second = await new_business(), await new_business()
    await session.commit()

    async def save_second() -> None:
        async with AsyncSession(engine) as own, own.begin():
            await plugin.save_result(own, second, LINKED)

    await plugin.save_result(session, first, LINKED)
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(save_second())
        await until_somebody_waits_for_a_lock(engine)
        await session.commit()
    (domain,) = await rows_of(session, "domains")
    assert domain.local_business_id == first.id
    assert len(await rows_of(session, "domain_local_businesses")) == 2


async def until_somebody_waits_for_a_lock(engine: AsyncEngine) -> None:
    waiting = sa.select(sa.func.count()).select_from(sa.table("pg_locks")).where(~sa.column("granted", sa.Boolean))
    async with engine.connect() as connection:
        while not await connection.scalar(waiting):
            await asyncio.sleep(0)
