"""A PostgreSQL of our own that can be stopped, crashed and started, and what one asks a database as a bystander."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Self

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from curation_core._postgres import EmbeddedPostgres

SETTINGS = {"max_connections": 100, "shared_buffers": "128MB", "max_wal_size": "2GB", "log_min_messages": "fatal"}
"""Durable otherwise: what a crash of the server takes with it would be counted as lost."""

OURSELVES = {"application_name": "chaos", "default_transaction_read_only": "off"}
PATIENCE = {"timeout": 5, "command_timeout": 20}  # seconds

_AWAY = (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
_OUR_MISTAKE = (ProgrammingError, IntegrityError, DataError)


@contextmanager
def unless_away() -> Iterator[None]:
    """Go on without what could not be done because the server is stopped, full or in somebody else's hands."""
    try:
        yield
    except _OUR_MISTAKE:
        raise
    except _AWAY:
        pass


class Database:
    """A database, asked over a new connection each time: none of ours is among those that break.

    Args:
        url: SQLAlchemy's.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = create_async_engine(
            url, poolclass=NullPool, connect_args={"server_settings": OURSELVES, **PATIENCE}
        )

    @property
    def dsn(self) -> str:
        """Its address as ``curation run --database`` takes it."""
        return dsn_of(self.url)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction."""
        async with self.engine.begin() as connection:
            yield connection

    async def all(self, statement: Executable) -> list[Any]:
        """The rows of a statement, which is committed."""
        async with self.transaction() as connection:
            found = await connection.execute(statement)
            return list(found.all()) if found.returns_rows else []

    async def one(self, statement: Executable) -> Any:
        """The first value of a statement."""
        return (await self.all(statement))[0][0]

    @asynccontextmanager
    async def session(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection that stays."""
        connection = await asyncpg.connect(self.dsn, server_settings=OURSELVES, **PATIENCE)
        try:
            yield connection
        finally:
            connection.terminate()


class Server(Database):
    """A server with one database.

    Args:
        postgres: It, running.
    """

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        super().__init__(postgres.url)
        self.description = postgres.description
        self._postgres = postgres

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[Self]:
        """A server with an empty database, removed at the end."""
        folder = Path(tempfile.mkdtemp(prefix="curation-chaos-"))
        folder.chmod(0o755)  # the server's account must get in
        postgres = EmbeddedPostgres.kept(folder / "server", SETTINGS)
        try:
            await asyncio.to_thread(postgres.start)
            yield cls(postgres)
        finally:
            await asyncio.to_thread(postgres.stop)
            shutil.rmtree(folder)

    @property
    def socket(self) -> str:
        """The path of its unix socket."""
        return f"{make_url(self.url).query['host']}/.s.PGSQL.5432"

    async def stop(self, number: signal.Signals) -> None:
        """Stop it: SIGINT shuts it down properly, SIGQUIT leaves everything to the recovery at its next start."""
        os.kill(self._postgres.pid, number)
        await asyncio.to_thread(self._postgres.stop)

    async def start(self) -> None:
        """Start it again, where it was before."""
        await asyncio.to_thread(self._postgres.start)
        if self._postgres.url != self.url:
            raise RuntimeError("the server came back at another address")


END_SESSIONS = (
    "select count(pg_terminate_backend(pid)) from pg_stat_activity "
    "where datname = current_database() and backend_type = 'client backend' and application_name <> 'chaos'"
)
"""Terminates every session that is not ours."""


def dsn_of(url: str) -> str:
    """SQLAlchemy's URL as the engine's configuration takes it."""
    return url.replace("+asyncpg", "", 1)
