"""A real web server on loopback, a real PostgreSQL with the two tables, and an item run through the plugin's hooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from curation_core import Attempt, Outcome
from curation_core.testing import DatabaseServer
from curation_fetch import Fetcher
from curation_sitemap_import import plugin
from curation_sitemap_import.entries import Entry
from curation_sitemap_import.models import SitemapFile
from curation_sitemap_import.reading import SitemapReader
from curation_sitemap_import.settings import MAX_BYTES, SitemapImportSettings

REAL_MATERIAL = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "sitemaps" / "crawler-commons"
WORDS = {
    "sitemapimportprocessingstatus": ("Queued", "Processing", "Complete", "Error"),
    "page_curation_status": ("New", "Selected", "Queued", "Processing", "Complete", "Error", "Skipped", "Archived"),
    "page_processing_status": ("Queued", "Processing", "Complete", "Error", "Filtered"),
    "page_type_enum": ("contact_root", "career_contact", "legal_root", "wp_prospect", "unknown"),
}


# -- reading ----------------------------------------------------------------------------------------------------


@dataclass
class Read:
    """What a file came to."""

    entries: list[Entry] = field(default_factory=list)
    truncated: bool = False
    gzipped: bool = False

    @property
    def locations(self) -> list[str]:
        return [entry.location for entry in self.entries]


@pytest.fixture
def read() -> Callable[..., Read]:
    """Read a file's bytes, in chunks of a size."""

    def read_all(data: bytes, *, chunk: int = 65_536, limit: int = MAX_BYTES, charset: str | None = None) -> Read:
        reader = SitemapReader(limit, charset)
        result = Read()
        for start in range(0, len(data), chunk):
            for entries in reader.feed(data[start : start + chunk]):
                result.entries += entries
        for entries in reader.finish():
            result.entries += entries
        result.truncated, result.gzipped = reader.truncated, reader.gzipped
        return result

    return read_all


@pytest.fixture
def real_file() -> Callable[[str], bytes]:
    """The bytes of a file of the crawler-commons project, where they are at hand."""

    def load(name: str) -> bytes:
        path = REAL_MATERIAL / name
        if not path.exists():
            pytest.skip("the real material is not beside the repository")
        return path.read_bytes()

    return load


# -- the web ----------------------------------------------------------------------------------------------------

Answer = bytes | str | web.Response | Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """A site whose files a test sets: bytes, text with ``{base}`` for the site's address, a response or a handler."""

    def __init__(self) -> None:
        self.base = ""
        self.files: dict[str, Answer] = {}
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        found = self.files.get(request.path)
        if found is None:
            return web.Response(status=404)
        if isinstance(found, str):
            found = found.replace("{base}", self.base).encode()
        if isinstance(found, bytes):
            return web.Response(body=found, content_type="application/xml")
        if isinstance(found, web.Response):
            return web.Response(status=found.status, headers=found.headers, body=found.body)
        return await found(request)

    def url(self, path: str) -> str:
        return f"{self.base}{path}"


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def new_site(stack: AsyncExitStack) -> Callable[..., Awaitable[Site]]:
    """Start another site, at an address of the loopback network."""

    async def start(host: str = "127.0.0.1") -> Site:
        site = Site()
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", site.answer)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, host, 0).start()
        site.base = f"http://{host}:{runner.addresses[0][1]}"
        return site

    return start


@pytest.fixture
async def site(new_site: Callable[..., Awaitable[Site]]) -> Site:
    return await new_site()


@pytest.fixture
async def hang_up(stack: AsyncExitStack) -> str:
    """The address of a server that closes every connection without an answer."""

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    stack.callback(server.close)
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


# -- an item ----------------------------------------------------------------------------------------------------


@pytest.fixture
def settings() -> Callable[..., SitemapImportSettings]:
    """Make settings for a test: the loopback network is admitted. What begins with ``fetch_`` goes to the fetch."""

    def make(**changes: Any) -> SitemapImportSettings:
        fetch = {"dangerously_admit_networks": ["127.0.0.0/8"], "read_seconds": 5, "total_seconds": 10}
        fetch |= {key.removeprefix("fetch_"): changes.pop(key) for key in tuple(changes) if key.startswith("fetch_")}
        return SitemapImportSettings.model_validate({"fetch": fetch, **changes})

    return make


@pytest.fixture
def run_item(settings: Callable[..., SitemapImportSettings]) -> Callable[..., Awaitable[Outcome | None]]:
    """Run one sitemap through the plugin's hooks, as the engine does; ``last`` makes it the last attempt."""

    async def run(url: str, *, last: bool = False, resources: Fetcher | None = None, **changes: Any) -> Outcome | None:
        attempt = Attempt("sitemap-import", "[1]", number=3 if last else 1, max_attempts=3)
        item = SitemapFile(id=uuid4(), domain_id=uuid4(), tenant_id=None, url=url)
        made = settings(**changes)
        try:
            if resources is not None:
                return await plugin.process_item(item, attempt, resources, made)
            async with plugin.lifespan(made) as opened:
                return await plugin.process_item(item, attempt, opened, made)
        except Exception as error:  # noqa: BLE001 - as the engine does
            return plugin.on_error(error)

    return run


# -- the database -----------------------------------------------------------------------------------------------


def application_tables(*, native_enums: bool) -> sa.MetaData:
    def words(name: str) -> sa.types.TypeEngine[str]:
        return sa.Enum(*WORDS[name], name=name) if native_enums else sa.Text()

    tables = sa.MetaData()
    sa.Table(
        "sitemap_files",
        tables,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("domain_id", sa.Uuid, nullable=False),
        sa.Column("tenant_id", sa.Uuid),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("sitemap_import_status", words("sitemapimportprocessingstatus")),
        sa.Column("sitemap_import_error", sa.Text),
        sa.Column("url_count", sa.Integer),
        sa.Column("size_bytes", sa.Integer),
        sa.Column("status_code", sa.Integer),
        sa.Column("is_gzipped", sa.Boolean),
        sa.Column("has_lastmod", sa.Boolean),
        sa.Column("last_processed_at", sa.DateTime(timezone=True)),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    sa.Table(
        "pages",
        tables,
        sa.Column("id", sa.Uuid, primary_key=True),  # no default on the server, as in the public application's models
        sa.Column("domain_id", sa.Uuid, nullable=False),
        sa.Column("tenant_id", sa.Uuid),
        sa.Column("sitemap_file_id", sa.ForeignKey("sitemap_files.id")),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("lead_source", sa.Text),
        sa.Column("last_modified", sa.DateTime(timezone=True)),
        sa.Column("page_type", words("page_type_enum")),
        sa.Column("path_depth", sa.Integer),
        sa.Column("priority_level", sa.Integer),
        sa.Column("honeybee_json", JSONB, nullable=False),
        sa.Column("page_curation_status", words("page_curation_status"), nullable=False),
        sa.Column("page_processing_status", words("page_processing_status")),
        sa.Column("page_processing_error", sa.Text),
        sa.UniqueConstraint("domain_id", "url"),
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
def new_item(session: AsyncSession) -> Callable[..., Awaitable[SitemapFile]]:
    """Add a sitemap to the session's transaction, and give it detached, as a hook gets it."""
    files = sa.table("sitemap_files", *map(sa.column, ("id", "domain_id", "tenant_id", "url")))

    async def new(url: str = "https://example.com/sitemap.xml") -> SitemapFile:
        values = {"id": uuid4(), "domain_id": uuid4(), "tenant_id": uuid4(), "url": url}
        await session.execute(sa.insert(files).values(values))
        return SitemapFile(**values)

    return new
