"""A database of the test's own, on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from curation_core import EmbeddedPostgres


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres.throwaway() as server:
        yield server


@pytest.fixture
async def url(server: EmbeddedPostgres) -> AsyncIterator[str]:
    """An empty database."""
    name = f"pipeline_{uuid4().hex}"
    admin = create_async_engine(server.url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(sa.DDL("CREATE DATABASE %(name)s", context={"name": name}))
    yield sa.make_url(server.url).set(database=name).render_as_string(hide_password=False)
    async with admin.connect() as connection:
        await connection.execute(sa.DDL("DROP DATABASE %(name)s WITH (FORCE)", context={"name": name}))
    await admin.dispose()


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(url)
    yield engine
    await engine.dispose()
