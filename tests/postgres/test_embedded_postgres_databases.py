"""The fixtures that hand out databases, and the one that waits."""

import asyncio

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from curation_core.testing import HarnessError

HAS_SCHEMA = "select exists (select from information_schema.schemata where schema_name = 'curation')"


def dsn(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
async def lingering():
    """Connections that are still open when the database goes, for this fixture is older than the database's."""
    connections = []
    yield connections
    for connection in connections:
        with pytest.raises(asyncpg.PostgresError):
            await connection.fetchval("select 1")
        connection.terminate()


@pytest.fixture
async def connection(database_url):
    connection = await asyncpg.connect(dsn(database_url))
    yield connection
    await connection.close()


async def test_a_database_has_the_engines_schema(connection):
    assert await connection.fetchval(HAS_SCHEMA)


async def test_an_empty_database_has_nothing(empty_database_url):
    connection = await asyncpg.connect(dsn(empty_database_url))
    assert not await connection.fetchval(HAS_SCHEMA)
    assert await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'") == 0
    await connection.close()


async def test_a_database_is_dropped_whoever_is_connected(lingering, database_url):
    lingering.append(await asyncpg.connect(dsn(database_url)))
    assert not lingering[0].is_closed()


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_a_database_is_the_tests_own(connection, turn):
    await connection.execute("create table one_test_only ()")
    assert await connection.fetchval("select count(*) from one_test_only") == 0, turn


async def test_waiting_ends_with_what_the_condition_said(eventually):
    answers = iter(["", 0, None, "there"])
    assert await eventually(lambda: next(answers)) == "there"


async def test_waiting_takes_a_coroutine_function_and_hears_an_event(eventually):
    event = asyncio.Event()

    async def is_set() -> bool:
        return event.is_set()

    asyncio.get_running_loop().call_soon(event.set)
    assert await eventually(is_set)


async def test_waiting_in_vain_fails_and_says_for_what(eventually):
    with pytest.raises(HarnessError, match=r"not within 0 s: .*bool\(0\).*the last answer was False"):
        await eventually(lambda: bool(0), deadline=0)
