"""A real web server on loopback that plays every site, and a real PostgreSQL with the two tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from curation_core import Outcome
from curation_core.testing import DatabaseServer
from curation_fetch import Fetcher
from curation_sitemap_discovery import plugin
from curation_sitemap_discovery.models import Domain
from curation_sitemap_discovery.settings import SitemapDiscoverySettings

WORDS = {
    "sitemap_analysis_status": ("pending", "queued", "processing", "submitted", "failed"),
    "sitemap_import_status": ("Queued", "Processing", "Complete", "Error"),
}


class Web:
    """Sites whose files a test sets, by host and path: text, bytes, or a response."""

    def __init__(self) -> None:
        self.address = ""
        self.files: dict[str, str | bytes | web.Response] = {}
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.host + request.path)
        found = self.files.get(request.host + request.path)
        match found:
            case None:
                return web.Response(status=404, text="<!doctype html><title>Not found</title>")
            case web.Response():
                return web.Response(status=found.status, headers=found.headers, body=found.body)
            case str():
                return web.Response(text=found)
        return web.Response(body=found)


@pytest.fixture
async def sites() -> AsyncIterator[Web]:
    played = Web()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", played.answer)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    played.address = f"127.0.0.1:{runner.addresses[0][1]}"
    yield played
    await runner.cleanup()


@pytest.fixture
def settings(sites: Web) -> SitemapDiscoverySettings:
    """Every name leads to the server, and nothing waits."""
    fetch = {"dangerously_admit_networks": ["127.0.0.0/8"], "dangerously_connect_to": sites.address}
    return SitemapDiscoverySettings.model_validate({"gap_seconds": 0, "fetch": fetch})


@pytest.fixture
def run_item(settings: SitemapDiscoverySettings) -> Callable[..., Awaitable[Outcome | None]]:
    """Run one domain through the plugin's hooks, as the engine does."""

    async def run(domain: str = "joes.example", **changes: Any) -> Outcome | None:
        made = settings.model_copy(update=changes)
        try:
            async with Fetcher(made.fetch) as fetcher:
                return await plugin.process_item(Domain(id=uuid4(), domain=domain), fetcher, made)
        except Exception as error:  # noqa: BLE001 - as the engine does
            return plugin.on_error(error)

    return run


@pytest.fixture(scope="session")
def database(curation_server: DatabaseServer) -> Iterator[str]:
    with curation_server.database() as url:
        yield url


@pytest.fixture(params=["native enums", "text"])
async def engine(database: str, request: pytest.FixtureRequest) -> AsyncIterator[AsyncEngine]:
    def words(name: str) -> sa.types.TypeEngine[str]:
        return sa.Enum(*WORDS[name], name=name) if request.param == "native enums" else sa.Text()

    tables = sa.MetaData()
    sa.Table(
        "domains",
        tables,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("domain", sa.Text, unique=True),
        sa.Column("tenant_id", sa.Uuid),
        sa.Column("sitemap_analysis_status", words("sitemap_analysis_status")),
        sa.Column("sitemap_analysis_error", sa.Text),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    sa.Table(
        "sitemap_files",
        tables,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("domain_id", sa.ForeignKey("domains.id"), nullable=False),
        sa.Column("tenant_id", sa.Uuid),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("sitemap_type", sa.Text, nullable=False),
        sa.Column("discovery_method", sa.Text),
        sa.Column("sitemap_import_status", words("sitemap_import_status")),
        sa.UniqueConstraint("domain_id", "url"),
    )
    engine = create_async_engine(database)
    async with engine.begin() as connection:
        await connection.run_sync(tables.create_all)
    yield engine
    async with engine.begin() as connection:
        await connection.run_sync(tables.drop_all)
        await connection.execute(sa.text("DROP SCHEMA IF EXISTS curation CASCADE"))
    await engine.dispose()
