"""One process's access to the database: the pool, the engine's tables, the time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from curation_core._sql.rows import Rows
from curation_core._store import inspecting
from curation_core._store.claiming import ClaimStore, Limits
from curation_core._store.closing import ClosingStore
from curation_core._store.connections import OpenConnections, connect, connect_for_plugin, is_passing
from curation_core._store.operating import OperatingStore
from curation_core._store.settling import Save, SettleStore
from curation_core._store.upkeep import UpkeepStore
from curation_core.errors import DatabaseUnreachable, LedgerError
from curation_core.ledger import Ledger, revision
from curation_core.settings import DatabaseSettings


class Store:
    """Opens the database for one process.

    Args:
        url: A SQLAlchemy URL of the asyncpg dialect.
        settings: Pool size, schema, pooler and clock.
        lost_after: How long a session may sit in a transaction before the server cuts it.
        answer_within: How long a statement may wait for its answer; ``None``: what suits a host.
    """

    def __init__(
        self,
        url: str,
        settings: DatabaseSettings,
        lost_after: timedelta = timedelta(seconds=15),
        answer_within: timedelta | None = None,
    ) -> None:
        self._url = url
        self._settings = settings
        self._lost_after = lost_after
        self._answer_within = answer_within
        self.ledger = Ledger(settings.ledger_schema)
        self.now = clock(settings.clock)
        self.pooler = settings.pooler
        self.engine = self.connect(settings.pool_size)
        self._connections = OpenConnections(self.engine)

    def connect(self, pool_size: int) -> AsyncEngine:
        """A pool of its own, for another thread's event loop."""
        return connect(
            self._url,
            pool_size=pool_size,
            pooler=self._settings.pooler,
            lost_after=self._lost_after,
            answer_within=self._answer_within,
        )

    @asynccontextmanager
    async def sessions_for(self, workflow: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
        """Sessions of a workflow's own, over connections of its own. Nothing is connected before the first."""
        pooler, lost_after = self._settings.pooler, self._lost_after
        engine = connect_for_plugin(self._url, workflow, pooler=pooler, lost_after=lost_after)
        try:
            yield async_sessionmaker(engine, expire_on_commit=False)
        finally:
            await engine.dispose()

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    def cut_connections(self) -> None:
        """Go on over new connections: those there are may be dead, and each would cost a wait for an answer.

        What runs over them fails as if they had been lost, and is tried again.
        """
        self._connections.cut()

    async def check(self) -> None:
        """Make sure that the database answers and its ledger is the one this code needs.

        Raises:
            DatabaseUnreachable: No connection could be had.
            LedgerError: The engine's tables are missing, older or newer.
        """
        schema = self.ledger.schema
        try:
            async with self.engine.connect() as connection:
                await connection.execute(select(func.version()))
            found = await revision.current(self.engine, schema)
        except (DBAPIError, PoolTimeout, OSError, TimeoutError) as error:
            reason = getattr(error, "orig", None) or error
            shown = make_url(self._url).render_as_string(hide_password=True)
            message = f"can't reach the database {shown}: {reason}"
            raise DatabaseUnreachable(message) from (None if is_passing(error) else error)
        if found is None:
            message = f"the schema {schema!r} has no engine tables yet: run `curation db upgrade`"
            raise LedgerError(message)
        if found != revision.NEEDED:
            message = (
                f"the engine's tables in schema {schema!r} are at revision {found}, "
                f"this version needs {revision.NEEDED}: "
                "run `curation db upgrade` with the newest curation-core that uses this database"
            )
            raise LedgerError(message)

    def claims(self, rows: Rows, worker: UUID, limits: Limits) -> ClaimStore:
        """The claims of one workflow."""
        return ClaimStore(self.engine, self.ledger, self.now, rows, worker, limits, pooler=self.pooler)

    def settling(
        self, rows: Rows, save: Save | None, watchers: dict[str, Collection[str]], save_within: timedelta
    ) -> SettleStore:
        """The settles of one workflow."""
        return SettleStore(self.engine, self.ledger, self.now, rows, save, watchers, save_within)

    def closing(self, rows: Rows) -> ClosingStore:
        """The settles of a workflow whose items save their results, and set their final status, themselves."""
        return ClosingStore(self.engine, self.ledger, self.now, rows, None, {})

    def upkeep(self, lost_after: timedelta, engine: AsyncEngine | None = None) -> UpkeepStore:
        """The sweeps and heartbeats; over another pool where another thread's event loop runs them."""
        return UpkeepStore(engine or self.engine, self.ledger, self.now, lost_after)

    @property
    def operating(self) -> OperatingStore:
        """What the command line asks for."""
        return OperatingStore(self.engine, self.ledger, self.now)

    async def describe(self, table: Table) -> inspecting.TableFacts:
        """What the database says of a table."""
        return await inspecting.describe(self.engine, table)

    async def words_in_use(self, rows: Rows) -> set[str]:
        """Words that rows of a workflow's table have as their status: the commonest, not every one."""
        return await inspecting.words_in_use(self.engine, rows)

    async def rehearse(self, rows: Rows) -> str:
        """Try the statements on a workflow's table; the database's complaint, or an empty text."""
        return await inspecting.rehearse(self.engine, self.ledger, self.now, rows)


def clock(name: str) -> ColumnElement[Any]:
    """The SQL expression for the present.

    Args:
        name: A function to ask, ``schema.name`` or ``name``; empty for the database's clock. It must be declared
            STABLE: an index is not asked for what a volatile function may answer differently for each row.
    """
    if not name:
        return func.statement_timestamp()
    function: Any = func
    for part in name.split("."):
        function = getattr(function, part)
    expression: ColumnElement[Any] = function()
    return expression
