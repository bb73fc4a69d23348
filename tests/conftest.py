"""What tests share: a real PostgreSQL, a fresh database for each test that asks, and a way to wait for an event.

``CURATION_TEST_DATABASE_URL`` names a server on which databases may be made; without it, each run (and each worker
of pytest-xdist) starts an embedded one and throws it away.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from curation_core.testing.databases import DatabaseServer


@pytest.fixture(scope="session")
def template_database(curation_server: DatabaseServer) -> Iterator[str]:
    """The URL of a database with the engine's schema, to clone."""
    from curation_core.ledger.migrate import upgrade  # noqa: PLC0415 - only tests with a database need Alembic

    with curation_server.template(upgrade) as url:
        yield url


@pytest.fixture
def database_url(curation_server: DatabaseServer, template_database: str) -> Iterator[str]:
    """The URL of a database of the test's own, with the engine's schema."""
    with curation_server.database(template_database) as url:
        yield url


@pytest.fixture
def empty_database_url(curation_server: DatabaseServer) -> Iterator[str]:
    """The URL of a database of the test's own, with nothing in it."""
    with curation_server.database() as url:
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
