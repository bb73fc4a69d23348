"""PostgreSQL for tests: one server for a session, and databases that are copies of a template."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import Table
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from curation_core._judge import describe
from curation_core._postgres import EmbeddedPostgres
from curation_core.ledger.migrate import upgrade
from curation_core.settings.addresses import check_address, for_asyncpg, shown
from curation_core.testing.clock import CLOCK_TABLES
from curation_core.testing.loading import HarnessError

Result = TypeVar("Result")
SERVER = "CURATION_TEST_DATABASE_URL"
SETTINGS: dict[str, str | int] = {
    "max_connections": 200,  # several engines of ten connections each, and their tests beside them
    "max_wal_size": "128MB",  # a copy of a database is written to the log too: 1 GB of it would be kept
    "min_wal_size": "64MB",
}


class DatabaseServer:
    """A server on which databases are made and dropped. Its calls block: fixtures use them.

    Args:
        url: Of any database on it, with the right to make others.
    """

    def __init__(self, url: str) -> None:
        self.url = for_asyncpg(url)

    def check(self) -> None:
        """See that it answers.

        Raises:
            HarnessError: It does not. The message has no password, and neither has what pytest shows around it.
        """
        if trouble := _aside(_trouble(self.url)):
            message = f"{shown(self.url)} does not answer: {trouble}"
            raise HarnessError(message)

    @contextmanager
    def database(self, template: str = "") -> Iterator[str]:
        """A database of its own, dropped at the end whoever is still connected.

        Args:
            template: The URL of the database that it is a copy of, to which nobody may be connected; by default it is
                empty.

        Yields:
            Its URL, for SQLAlchemy's asyncpg dialect.
        """
        name = f"curation_test_{uuid4().hex}"
        original = make_url(template).database if template else None
        self._execute(_CreateDatabase(name, original or "template0"))
        try:
            yield make_url(self.url).set(database=name).render_as_string(hide_password=False)
        finally:
            self._execute(_DropDatabase(name))

    @contextmanager
    def template(self, fill: Callable[[AsyncEngine], Awaitable[None]], template: str = "") -> Iterator[str]:
        """A database to make copies of, filled once.

        Args:
            fill: Makes what each copy has. The engine it gets keeps no connections.
            template: As for `database`.

        Yields:
            Its URL.
        """
        with self.database(template) as url:
            _aside(_filled(url, fill))
            yield url

    def _execute(self, statement: ExecutableDDLElement) -> None:
        _aside(_executed(self.url, statement))


@contextmanager
def serve() -> Iterator[DatabaseServer]:
    """The server that ``CURATION_TEST_DATABASE_URL`` names, or else an embedded one that is thrown away.

    Raises:
        HarnessError: What is named is no address, or does not answer.
    """
    if given := os.environ.get(SERVER):
        try:
            check_address(given)
        except ValueError as error:
            message = f"{SERVER} {error}"
            raise HarnessError(message) from None
        named = DatabaseServer(given)
        named.check()
        yield named
    else:
        with EmbeddedPostgres.throwaway(SETTINGS, in_memory=True) as server:
            yield DatabaseServer(server.url)


async def with_ledger(engine: AsyncEngine) -> None:
    """Fill a template with the engine's tables, and with the clock that tests move."""
    await upgrade(engine)
    async with engine.begin() as connection:
        for statement in CLOCK_TABLES:
            await connection.execute(statement)


class Truncate(ExecutableDDLElement):
    """Empties tables, and begins their sequences anew.

    Args:
        tables: Which; those that refer to them are emptied too.
    """

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables


@compiles(Truncate)
def _truncate(element: Truncate, compiler: DDLCompiler, **_: Any) -> str:
    names = ", ".join(compiler.preparer.format_table(table) for table in element.tables)
    return f"TRUNCATE {names} RESTART IDENTITY CASCADE"


class _CreateDatabase(ExecutableDDLElement):
    def __init__(self, name: str, template: str) -> None:
        self.name = name
        self.template = template


class _DropDatabase(ExecutableDDLElement):
    def __init__(self, name: str) -> None:
        self.name = name


@compiles(_CreateDatabase)
def _create_database(element: _CreateDatabase, compiler: DDLCompiler, **_: Any) -> str:
    quote = compiler.preparer.quote
    return f"CREATE DATABASE {quote(element.name)} TEMPLATE {quote(element.template)}"


@compiles(_DropDatabase)
def _drop_database(element: _DropDatabase, compiler: DDLCompiler, **_: Any) -> str:
    return f"DROP DATABASE {compiler.preparer.quote(element.name)} WITH (FORCE)"


async def _executed(server: str, statement: ExecutableDDLElement) -> None:
    engine = create_async_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(statement)


async def _trouble(server: str) -> str:
    engine = create_async_engine(server, poolclass=NullPool)
    try:
        async with engine.connect():
            return ""
    except Exception as error:  # noqa: BLE001 - whatever it is, its traceback would show how it was connected to
        return describe(error)


async def _filled(url: str, fill: Callable[[AsyncEngine], Awaitable[None]]) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    await fill(engine)


def _aside(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run it on a loop of its own in another thread, for a fixture can be asked for while the test's loop runs."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, coroutine).result()
