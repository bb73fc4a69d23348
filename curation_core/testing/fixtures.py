"""The pytest plugin: fixtures that cost nothing until a test asks for them. Imports nothing but pytest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from curation_core.testing.clock import Clock
    from curation_core.testing.conformance.bench import Bench
    from curation_core.testing.databases import DatabaseServer
    from curation_core.testing.harness import Harness
    from curation_core.testing.loopback import LoopbackServer


@pytest.fixture(scope="session")
def curation_server() -> Iterator[DatabaseServer]:
    """A PostgreSQL server for the whole session, on which databases are made.

    ``CURATION_TEST_DATABASE_URL`` names one; without it an embedded one is started and thrown away, for each process
    of pytest-xdist its own.
    """
    from curation_core.testing.databases import serve  # noqa: PLC0415 - heavy, hence when a test asks

    with serve() as server:
        yield server


@pytest.fixture(scope="session")
def curation_template(curation_server: DatabaseServer) -> Iterator[str]:
    """The URL of a database with the engine's tables and the tests' clock, to make copies of."""
    from curation_core.testing.databases import with_ledger  # noqa: PLC0415 - likewise

    with curation_server.template(with_ledger) as url:
        yield url


@pytest.fixture
def curation_database(curation_server: DatabaseServer, curation_template: str) -> Iterator[str]:
    """The URL of a database of the test's own: a copy of `curation_template`, dropped afterwards."""
    with curation_server.database(curation_template) as url:
        yield url


@pytest.fixture
def curation_clock(curation_database: str) -> Clock:
    """The clock of every engine on `curation_database`, in other processes too: ``await curation_clock.advance(…)``."""
    from curation_core.testing.clock import Clock  # noqa: PLC0415 - likewise

    return Clock(curation_database)


@pytest.fixture
def curation_http() -> Iterator[LoopbackServer]:
    """An HTTP server on loopback, whose answers can be held, delayed and broken."""
    from curation_core.testing.loopback import LoopbackServer  # noqa: PLC0415 - likewise

    with LoopbackServer() as server:
        yield server


@pytest.fixture
def curation_harness(curation_database: str) -> Iterator[Callable[..., Harness]]:
    """Makes a `Harness` on `curation_database`: ``curation_harness("my-workflow", plugin=…, settings=…, resources=…)``.

    Processes that it started are ended after the test.
    """
    from curation_core.testing.harness import Harness  # noqa: PLC0415 - likewise
    from curation_core.testing.processes import Nursery  # noqa: PLC0415 - likewise

    with ExitStack() as stack:

        def make(name: str, plugin: object = None, *, settings: Any = None, resources: Any = None) -> Harness:
            reference = plugin if isinstance(plugin, str) else None
            nursery = Nursery(name, reference or getattr(plugin, "__name__", None))
            stack.callback(nursery.close)
            harness = Harness(curation_database, name, plugin, settings=settings, resources=resources, nursery=nursery)
            stack.callback(harness.end_processes)
            return harness

        yield make


@pytest.fixture
def curation_command(tmp_path: Path) -> Callable[..., Awaitable[tuple[int, str]]]:
    """Runs the command in a process of its own, in ``tmp_path``; gives its exit code and what it said.

    ``code, said = await curation_command(url, "run", "--until-idle", configuration="…")``.
    """
    from curation_core.testing.command import run_command  # noqa: PLC0415 - likewise

    return partial(run_command, tmp_path)


@pytest.fixture(scope="class")
def curation_bench(
    request: pytest.FixtureRequest, curation_server: DatabaseServer, curation_template: str
) -> Iterator[Bench]:
    """Where the checks of a conformance suite are run. For the suite itself."""
    from curation_core.testing.conformance.bench import Bench  # noqa: PLC0415 - likewise

    with Bench(
        request.node.obj.case, (str(request.path), request.node.name), curation_server, curation_template
    ) as bench:
        yield bench
