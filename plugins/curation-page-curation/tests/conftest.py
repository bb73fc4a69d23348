"""Real web servers on loopback, a real PostgreSQL with the tables, and a page run through the plugin's hooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from ssl import SSLContext
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from curation_core import Attempt, Outcome
from curation_core.testing import DatabaseServer
from curation_page_curation import plugin
from curation_page_curation.models import ContactPoint, HostSlot, Page
from curation_page_curation.settings import PageCurationSettings
from curation_page_curation.visiting import Visitor

REAL_PAGES = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "contact_pages"
WORDS = {
    "page_curation_status": ("New", "Selected", "Queued", "Processing", "Complete", "Error", "Skipped"),
    "page_processing_status": ("Queued", "Processing", "Complete", "Error", "Filtered"),
    "contact_scrape_status": ("New", "ContactFound", "NoContactFound", "Error", "NotAFit"),
    "contact_email_type_enum": ("SERVICE", "CORPORATE", "FREE", "UNKNOWN"),
    "contact_curation_status": ("New", "Queued", "Processing", "Complete", "Error", "Skipped"),
}
OWNED = [HostSlot.__table__, ContactPoint.__table__]


@pytest.fixture(scope="session")
def real_pages() -> Path:
    """Pages that businesses published, with the numbers that people found on them."""
    if not REAL_PAGES.exists():
        pytest.skip("the real material is not beside the repository")
    return REAL_PAGES


# -- the web ----------------------------------------------------------------------------------------------------

Answer = bytes | str | web.Response | Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """A site whose files a test sets: bytes, text with ``{base}`` for the site's address, a response or a handler."""

    def __init__(self) -> None:
        self.base = ""
        self.files: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.times: list[float] = []
        self.at_once = 0
        self.most_at_once = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        self.times.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(request)
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        found = self.files.get(request.path)
        if found is None:
            return web.Response(status=404)
        if isinstance(found, str):
            found = found.replace("{base}", self.base).encode()
        if isinstance(found, bytes):
            return web.Response(body=found, content_type="text/html")
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

    async def start(host: str = "127.0.0.1", tls: SSLContext | None = None) -> Site:
        site = Site()
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", site.answer)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, host, 0, ssl_context=tls).start()
        site.base = f"{'https' if tls else 'http'}://{host}:{runner.addresses[0][1]}"
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
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


# -- the database -----------------------------------------------------------------------------------------------


def application_tables(*, native_enums: bool) -> sa.MetaData:
    """The public application's tables, as far as this workflow meets them."""

    def words(name: str) -> sa.types.TypeEngine[str]:
        return sa.Enum(*WORDS[name], name=name) if native_enums else sa.Text()

    tables = sa.MetaData()
    sa.Table("domains", tables, sa.Column("id", sa.Uuid, primary_key=True), sa.Column("domain", sa.String))
    sa.Table(
        "pages",
        tables,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("domain_id", sa.ForeignKey("domains.id"), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("title", "description", "h1", "canonical_url", "meta_robots")),
        sa.Column("has_schema_markup", sa.Boolean, server_default=sa.false()),
        sa.Column("schema_types", sa.ARRAY(sa.String)),
        sa.Column("has_contact_form", sa.Boolean, server_default=sa.false()),
        sa.Column("has_comments", sa.Boolean),
        sa.Column("word_count", sa.Integer),
        sa.Column("inbound_links", sa.ARRAY(sa.String)),
        sa.Column("outbound_links", sa.ARRAY(sa.String)),
        sa.Column("last_modified", sa.DateTime(timezone=True)),
        sa.Column("last_scan", sa.DateTime(timezone=True)),
        sa.Column("additional_json", JSONB, server_default="{}"),
        sa.Column("page_curation_status", words("page_curation_status"), nullable=False, server_default="New"),
        sa.Column("page_processing_status", words("page_processing_status")),
        sa.Column("page_processing_error", sa.Text),
        sa.Column("contact_scrape_status", words("contact_scrape_status"), nullable=False, server_default="New"),
        sa.Column("created_at", sa.DateTime, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime, server_default=sa.func.now(), nullable=False),
        sa.UniqueConstraint("domain_id", "url"),
    )
    sa.Table(
        "contacts",
        tables,
        sa.Column("id", sa.Uuid, primary_key=True),  # no default on the server, as in the public application's models
        sa.Column("domain_id", sa.ForeignKey("domains.id"), nullable=False),
        sa.Column("page_id", sa.ForeignKey("pages.id"), nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("email_type", words("contact_email_type_enum")),
        sa.Column("has_gmail", sa.Boolean, server_default=sa.false()),
        sa.Column("context", sa.Text),
        sa.Column("source_url", sa.Text),
        sa.Column("name", sa.String),
        sa.Column("phone_number", sa.String),
        sa.Column("contact_curation_status", words("contact_curation_status"), nullable=False, server_default="New"),
        sa.Column("created_at", sa.DateTime, server_default=sa.func.now(), nullable=False),
        sa.UniqueConstraint("domain_id", "email", name="uq_contact_domain_email"),
    )
    return tables


@pytest.fixture(scope="session")
def database(curation_server: DatabaseServer) -> Iterator[str]:
    with curation_server.database() as url:
        yield url


@pytest.fixture
def native_enums() -> bool:
    """Whether the status columns are enums; a test that cares asks for both."""
    return True


@pytest.fixture
async def engine(database: str, *, native_enums: bool) -> AsyncIterator[AsyncEngine]:
    tables = application_tables(native_enums=native_enums)
    engine = create_async_engine(database)
    async with engine.begin() as connection:
        await connection.run_sync(tables.create_all)
        await connection.run_sync(lambda sync: HostSlot.metadata.create_all(sync, tables=OWNED))
    yield engine
    async with engine.begin() as connection:
        await connection.run_sync(tables.drop_all)
        await connection.run_sync(lambda sync: HostSlot.metadata.drop_all(sync, tables=OWNED))
    await engine.dispose()


@pytest.fixture
def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False)


@pytest.fixture
async def session(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


@pytest.fixture
def new_page(sessions: async_sessionmaker[AsyncSession]) -> Callable[..., Awaitable[Page]]:
    """Add a queued page, and give it detached, as a hook gets it."""

    async def new(url: str = "https://joes.com/contact", domain_id: UUID | None = None, **values: Any) -> Page:
        domains = sa.table("domains", sa.column("id"), sa.column("domain"))
        pages = sa.table("pages", sa.column("tenant_id"), *(sa.column(c.name, c.type) for c in Page.__table__.c))
        async with sessions.begin() as session:
            if domain_id is None:
                domain_id = uuid4()
                await session.execute(sa.insert(domains).values(id=domain_id, domain="joes.com"))
            row = {"id": uuid4(), "domain_id": domain_id, "url": url, **values}
            queued = sa.bindparam(None, "Queued", literal_execute=True)
            await session.execute(sa.insert(pages).values(**row, tenant_id=uuid4(), page_processing_status=queued))
        return Page(**row)

    return new


# -- an item ----------------------------------------------------------------------------------------------------


@pytest.fixture
def settings() -> Callable[..., PageCurationSettings]:
    """Make settings for a test: loopback is admitted, nothing waits. What begins with ``fetch_`` goes to the fetch."""

    def make(**changes: Any) -> PageCurationSettings:
        fetch = {"dangerously_admit_networks": ["127.0.0.0/8"], "read_seconds": 5, "total_seconds": 10}
        fetch |= {key.removeprefix("fetch_"): changes.pop(key) for key in tuple(changes) if key.startswith("fetch_")}
        return PageCurationSettings.model_validate({"gap_seconds": 0, "fetch": fetch, **changes})

    return make


Run = Callable[..., Awaitable[Outcome]]


@pytest.fixture
def run_item(settings: Callable[..., PageCurationSettings], sessions: async_sessionmaker[AsyncSession]) -> Run:
    """Run one page through the plugin's hooks, as the engine does."""

    async def run(
        url: str,
        *,
        number: int = 1,
        of: int = 4,
        queueing: str = "",
        additional_json: dict[str, Any] | None = None,
        resources: Visitor | None = None,
        **changes: Any,
    ) -> Outcome:
        attempt = Attempt("page-curation", "[1]", number=number, max_attempts=of, idempotency_key=queueing)
        item = Page(id=uuid4(), domain_id=uuid4(), url=url, additional_json=additional_json)
        try:
            if resources is not None:
                return await plugin.process_item(item, attempt, resources)
            async with plugin.lifespan(settings(**changes), sessions) as opened:
                return await plugin.process_item(item, attempt, opened)
        except Exception as error:  # noqa: BLE001 - as the engine does
            return plugin.on_error(item, error, attempt)

    return run
