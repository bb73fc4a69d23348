"""A database of the test's own, on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from curation_core.testing import DatabaseServer


@pytest.fixture
def url(curation_server: DatabaseServer) -> Iterator[str]:
    """An empty database."""
    with curation_server.database() as url:
        yield url


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(url)
    yield engine
    await engine.dispose()
