"""A stub of the API on loopback, and a real PostgreSQL with the public application's two tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from curation_core import Attempt, Outcome
from curation_core.testing import DatabaseServer
from curation_deep_scan import plugin
from curation_deep_scan.models import DeepScanContent, DeepScanDay, Place, Tables
from curation_deep_scan.scanning import Scanner
from curation_deep_scan.settings import DeepScanSettings
from curation_deep_scan.stub import PlacesStub, place

KEY = "AIzaSyNoKeyOfAnybodyJustForTheseTests00"
WORDS = {
    "gcp_api_deep_scan_status": ("Queued", "Processing", "Completed", "Error"),
    "place_status": ("New", "Selected", "Maybe", "Not a Fit", "Archived"),
    "sitemap_import_curation_status": ("New", "Selected", "Maybe", "Not a Fit", "Archived"),
    "domain_extraction_status": ("Queued", "Processing", "Completed", "Error"),
}
OWNED = [DeepScanDay.__table__, DeepScanContent.__table__]


def application_tables(*, native_enums: bool) -> sa.MetaData:
    """The public application's tables, as far as they are more than columns that nobody here touches."""

    def words(name: str) -> sa.types.TypeEngine[str]:
        return sa.Enum(*WORDS[name], name=name) if native_enums else sa.Text()

    tables = sa.MetaData()
    sa.Table(
        "places_staging",
        tables,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("place_id", sa.String(255), nullable=False, unique=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("status", words("place_status"), nullable=False),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("updated_at", sa.DateTime),
        sa.Column("deep_scan_status", words("gcp_api_deep_scan_status")),
        sa.Column("deep_scan_error", sa.Text),
    )
    sa.Table(
        "local_businesses",
        tables,
        sa.Column("id", sa.Uuid, primary_key=True),  # no default on the server, for those who make it in Python
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("place_id", sa.String, unique=True),
        *(
            sa.Column(name, sa.Text)
            for name in (
                *("lead_source", "business_name", "full_address", "street_address", "city", "state", "zip", "country"),
                *("phone", "main_category", "price_text", "website_url", "timezone", "image_url"),
                *("monday_hours", "tuesday_hours", "wednesday_hours", "thursday_hours", "friday_hours"),
                *("saturday_hours", "sunday_hours"),
            )
        ),
        sa.Column("extra_categories", sa.ARRAY(sa.Text)),
        sa.Column("rating", sa.Numeric(3, 2)),
        sa.Column("reviews_count", sa.Integer),
        sa.Column("latitude", sa.Numeric(10, 7)),
        sa.Column("longitude", sa.Numeric(10, 7)),
        sa.Column("additional_json", JSONB, server_default="{}"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("status", words("sitemap_import_curation_status"), nullable=False),
        sa.Column("domain_extraction_status", words("domain_extraction_status")),
        sa.Column("domain_extraction_error", sa.String),
    )
    return tables


@pytest.fixture
def application() -> Callable[..., sa.MetaData]:
    return application_tables


@pytest.fixture(scope="session")
def database(curation_server: DatabaseServer) -> Iterator[str]:
    with curation_server.database() as url:
        yield url


@pytest.fixture
def native_enums(request: pytest.FixtureRequest) -> bool:
    return getattr(request, "param", True)


@pytest.fixture
async def engine(database: str, native_enums) -> AsyncIterator[AsyncEngine]:
    tables = application_tables(native_enums=native_enums)
    engine = create_async_engine(database)
    async with engine.begin() as connection:
        await connection.run_sync(tables.create_all)
        await connection.run_sync(Tables.metadata.create_all, tables=OWNED)
    yield engine
    async with engine.begin() as connection:
        await connection.run_sync(Tables.metadata.drop_all, tables=OWNED)
        await connection.run_sync(tables.drop_all)
        await connection.execute(sa.text("drop schema if exists curation cascade"))
    await engine.dispose()


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False)


# -- the API ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def stub() -> AsyncIterator[PlacesStub]:
    async with PlacesStub(api_key=KEY) as stub:
        stub.tell("ChIJ-cafe", place("ChIJ-cafe"))
        yield stub


@pytest.fixture
def settings(stub: PlacesStub) -> Callable[..., DeepScanSettings]:
    """Make settings that lead to the stub."""

    def make(**changes: Any) -> DeepScanSettings:
        told = {"api_key": KEY, "base_url": stub.base_url, "calls_per_minute": 60_000}
        return DeepScanSettings.model_validate({**told, **changes})

    return make


# -- an item ----------------------------------------------------------------------------------------------------


@pytest.fixture
def an_attempt() -> Callable[..., Attempt]:
    def make(number: int = 1, key: str = "") -> Attempt:
        return Attempt("deep-scan", "[1]", number=number, max_attempts=5, idempotency_key=key)

    return make


@pytest.fixture
async def new_scanner(
    settings: Callable[..., DeepScanSettings], sessions: async_sessionmaker[AsyncSession]
) -> AsyncIterator[Callable[..., Awaitable[Scanner]]]:
    """Enter the plugin's lifespan, as a host process does; every time it is another process."""
    async with AsyncExitStack() as opened:

        async def enter(**changes: Any) -> Scanner:
            return await opened.enter_async_context(plugin.lifespan(settings(**changes), sessions))

        yield enter


@pytest.fixture
def scan(
    new_scanner: Callable[..., Awaitable[Scanner]], an_attempt: Callable[..., Attempt]
) -> Callable[..., Awaitable[Outcome]]:
    """Run one place through the plugin's hooks; ``using`` a scanner, or one with these settings."""

    async def run(
        place_id: str = "ChIJ-cafe", *, attempt: Attempt | None = None, using: Scanner | None = None, **changes: Any
    ) -> Outcome:
        scanner = using or await new_scanner(**changes)
        return await plugin.process_item(Place(place_id=place_id), attempt or an_attempt(), scanner)

    return run


@pytest.fixture
def new_place(session: AsyncSession) -> Callable[..., Awaitable[Place]]:
    """Stage a place in the session's transaction, and give it detached, as a hook gets it."""
    staged = sa.table("places_staging", *map(sa.column, ("id", "place_id", "name", "tenant_id", "status")))

    async def new(place_id: str = "ChIJ-cafe", tenant_id: UUID | None = None) -> Place:
        tenant = tenant_id or uuid4()
        word = sa.bindparam(None, "New", literal_execute=True)
        row = {staged.c.place_id: place_id, staged.c.name: "Joe's", staged.c.tenant_id: tenant, staged.c.status: word}
        number = await session.scalar(sa.insert(staged).values(row).returning(sa.column("id", sa.Integer)))
        return Place(id=number, place_id=place_id, tenant_id=tenant)

    return new
