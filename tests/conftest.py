"""What tests share: a real PostgreSQL, a fresh database for each test that asks, and a way to wait for an event.

``CURATION_TEST_DATABASE_URL`` names a server on which databases may be made; without it, each run (and each worker
of pytest-xdist) starts an embedded one and throws it away.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from curation_core._postgres import EmbeddedPostgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server on which databases can be made."""
    if given := os.environ.get("CURATION_TEST_DATABASE_URL"):
        yield make_url(given).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
    else:
        with EmbeddedPostgres.throwaway({"max_connections": 200}) as server:
            yield server.url


@pytest.fixture(scope="session")
def template_database(postgres_server: str) -> Iterator[str]:
    """The name of a database with the engine's schema, to clone."""
    with fresh_database(postgres_server, template="template0") as url:
        run_aside(upgraded(url))
        yield make_url(url).database or ""


@pytest.fixture
def database_url(postgres_server: str, template_database: str) -> Iterator[str]:
    """The URL of a database of the test's own, with the engine's schema."""
    with fresh_database(postgres_server, template_database) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_server: str) -> Iterator[str]:
    """The URL of a database of the test's own, with nothing in it."""
    with fresh_database(postgres_server, template="template0") as url:
        yield url


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that every account can enter, as pytest's own are not; what servers put elsewhere goes into it too."""
    folder = Path(tempfile.mkdtemp(prefix="curation-test-"))
    folder.chmod(0o755)
    monkeypatch.setenv("CURATION_PG_HOME", str(folder / "home"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Awaitable[Any]]:
    """``await eventually(condition, deadline=seconds)``: what the condition, sync or async, says when it is true."""
    from curation_core.testing import eventually  # noqa: PLC0415 - heavy, hence when a test asks

    return eventually


class CreateDatabase(ExecutableDDLElement):
    def __init__(self, name: str, template: str) -> None:
        self.name = name
        self.template = template


class DropDatabase(ExecutableDDLElement):
    def __init__(self, name: str) -> None:
        self.name = name


@compiles(CreateDatabase)
def _create_database(element: CreateDatabase, compiler: DDLCompiler, **_: Any) -> str:
    quote = compiler.preparer.quote
    return f"CREATE DATABASE {quote(element.name)} TEMPLATE {quote(element.template)}"


@compiles(DropDatabase)
def _drop_database(element: DropDatabase, compiler: DDLCompiler, **_: Any) -> str:
    return f"DROP DATABASE {compiler.preparer.quote(element.name)} WITH (FORCE)"


@contextmanager
def fresh_database(server: str, template: str) -> Iterator[str]:
    """A database as a copy of another one, dropped at the end whoever is still connected."""
    name = f"curation_{uuid4().hex}"
    run_aside(executed(server, CreateDatabase(name, template)))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        run_aside(executed(server, DropDatabase(name)))


async def executed(server: str, statement: ExecutableDDLElement) -> None:
    engine = create_async_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(statement)


async def upgraded(url: str) -> None:
    from curation_core.ledger.migrate import upgrade  # noqa: PLC0415 - only tests with a database need Alembic

    await upgrade(create_async_engine(url, poolclass=NullPool))


def run_aside(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run it on a loop of its own in another thread, for a fixture can be asked for while the test's loop runs."""
    with ThreadPoolExecutor(1) as executor:
        executor.submit(asyncio.run, coroutine).result()
