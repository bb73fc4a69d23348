"""A real PostgreSQL with the two tables, once with native enums as in the public application and once with text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from curation_core.testing import DatabaseServer
from curation_domain_extraction.models import LocalBusiness

WORDS = {
    "domain_extraction_status": ("Queued", "Processing", "Completed", "Error"),
    "domain_status": ("pending", "active"),
    "sitemap_curation_status": ("New", "Selected", "Maybe", "Not a Fit", "Archived", "Completed"),
    "sitemap_analysis_status": ("pending", "queued", "processing", "submitted", "failed"),
}


def application_tables(*, native_enums: bool) -> sa.MetaData:
    def words(name: str) -> sa.types.TypeEngine[str]:
        return sa.Enum(*WORDS[name], name=name) if native_enums else sa.Text()

    tables = sa.MetaData()
    sa.Table(
        "local_businesses",
        tables,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant_id", sa.Uuid),
        sa.Column("website_url", sa.Text),
        sa.Column("domain_extraction_status", words("domain_extraction_status")),
        sa.Column("domain_extraction_error", sa.Text),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    sa.Table(
        "domains",
        tables,
        sa.Column("id", sa.Uuid, primary_key=True),  # no default on the server, as in the public application's models
        sa.Column("tenant_id", sa.Uuid),
        sa.Column("domain", sa.String, unique=True, nullable=False),
        sa.Column("status", words("domain_status"), nullable=False),
        sa.Column("local_business_id", sa.ForeignKey("local_businesses.id", ondelete="SET NULL")),
        sa.Column("sitemap_curation_status", words("sitemap_curation_status")),
        sa.Column("sitemap_analysis_status", words("sitemap_analysis_status")),
        sa.Column("meta_json", JSONB),
        sa.Column("notes", sa.Text),
    )
    sa.Table(
        "domain_local_businesses",
        tables,
        sa.Column("domain_id", sa.ForeignKey("domains.id"), primary_key=True),
        sa.Column("local_business_id", sa.ForeignKey("local_businesses.id"), primary_key=True),
    )
    return tables


@pytest.fixture(scope="session")
def database(curation_server: DatabaseServer) -> Iterator[str]:
    with curation_server.database() as url:
        yield url


@pytest.fixture(params=["native enums", "text"])
async def engine(database: str, request: pytest.FixtureRequest) -> AsyncIterator[AsyncEngine]:
    tables = application_tables(native_enums=request.param == "native enums")
    engine = create_async_engine(database)
    async with engine.begin() as connection:
        await connection.run_sync(tables.create_all)
    yield engine
    async with engine.begin() as connection:
        await connection.run_sync(tables.drop_all)
    await engine.dispose()


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def new_business(session: AsyncSession) -> Callable[..., Awaitable[LocalBusiness]]:
    """Adds a business to the session's transaction, and gives it detached, as a hook gets it."""
    businesses = sa.table("local_businesses", sa.column("id"), sa.column("tenant_id"), sa.column("website_url"))

    async def new(tenant_id: UUID | None = None) -> LocalBusiness:
        values = {"id": uuid4(), "tenant_id": tenant_id, "website_url": "joes.com"}
        await session.execute(sa.insert(businesses).values(values))
        return LocalBusiness(**values)

    return new
