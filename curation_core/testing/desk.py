"""A test's own hands and eyes on the tables: it adds rows, does what a person does, and sees what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, Enum, MetaData, Row, Select, String, Table, Text, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema

from curation_core._sql.rows import Rows
from curation_core._store import Store
from curation_core.ledger import Ledger
from curation_core.settings import DatabaseSettings
from curation_core.states import Role
from curation_core.testing._doubles import OURS
from curation_core.testing.clock import CLOCK_BACK
from curation_core.testing.databases import Truncate
from curation_core.workflow import Workflow


class Desk:
    """One workflow's rows, without the engine.

    Args:
        url: Of the database.
        name: The workflow's name.
        workflow: What its plugin declares.

    Attributes:
        sessions: Makes sessions of the test's own: ``async with harness.sessions.begin() as session: …``.
    """

    def __init__(self, url: str, name: str, workflow: Workflow) -> None:
        self.url = url
        self.name = name
        self.workflow = workflow
        self.ledger = Ledger()
        self._engine = self._connect(poolclass=NullPool)  # a test may use it in one event loop after another
        self.sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    @asynccontextmanager
    async def keeping_connections(self) -> AsyncIterator[None]:
        """Make no new connection for each step, for as long as the context lasts, in one event loop: it is quicker."""
        new_each_time, self._engine = self._engine, self._connect()
        self.sessions.configure(bind=self._engine)
        try:
            yield
        finally:
            await self._engine.dispose()
            self._engine = new_each_time
            self.sessions.configure(bind=self._engine)

    def _connect(self, **how: Any) -> AsyncEngine:
        return create_async_engine(self.url, connect_args={"server_settings": {"application_name": OURS}}, **how)

    async def create_tables(self, tables: MetaData | None = None) -> None:
        """Make tables, with the schemas and the native enums that they name.

        Args:
            tables: By default those that the plugin maps. Those that it owns are made in any case.
        """
        mapped = tables or self.workflow.table.metadata
        async with self._engine.begin() as connection:
            try:
                async with connection.begin_nested():  # tables that bring what they name with them
                    await connection.run_sync(mapped.create_all)
            except DBAPIError:
                await connection.run_sync(_make_what_is_named, [*mapped.tables.values()])
                await connection.run_sync(mapped.create_all)
            await connection.run_sync(_make_what_is_named, self.workflow.owned_tables)
            for table in self.workflow.owned_tables:
                await connection.run_sync(table.create, checkfirst=True)

    async def empty(self, tables: MetaData | None = None) -> None:
        """Empty every table, the engine's own too, and put the clock back: quicker than another database.

        Args:
            tables: As for `create_tables`.
        """
        mapped = (tables or self.workflow.table.metadata).tables.values()
        every = {table.fullname: table for table in (*mapped, *self.workflow.owned_tables)}
        async with self._engine.begin() as connection:
            await connection.execute(Truncate([*every.values(), *self.ledger.metadata.tables.values()]))
            await connection.execute(CLOCK_BACK)

    async def add(self, *items: object) -> None:
        """Add rows. One whose status is not set is queued.

        Args:
            items: Instances of any of the plugin's models.
        """
        key = self.workflow.mapper.get_property_by_column(self.workflow.status_column).key
        async with self.sessions.begin() as session:
            for item in items:
                if isinstance(item, self.workflow.model) and getattr(item, key) is None:
                    setattr(item, key, self._word(self.workflow.states.word(Role.QUEUED)))
            session.add_all(items)

    async def set_status(self, word: Any) -> None:
        """Do what a person does by hand: give every row another status.

        Args:
            word: A word of the status column.
        """
        await self.execute(update(self.workflow.table).values({self.workflow.status_column: self._word(word)}))

    async def persons_word(self) -> Any:
        """A word that a person may give a row and the machine never does, where the column can hold one."""
        store = Store(self.url, DatabaseSettings())
        try:
            facts = await store.describe(self.workflow.table)
        finally:
            await store.close()
        status, words = self.workflow.status_column, dict(self.workflow.states)
        labels = facts.columns[status.name].labels
        free = not labels and type(status.type) in (String, Text)
        checked = any(column == status.name for column, _ in facts.checks.values())
        if free and not checked:
            return "Not a Fit"
        taken = {Rows.stored(word, status) for word in words.values()}
        enum = status.type if isinstance(status.type, Enum) else None
        known: Iterable[Any] = labels if enum is None else enum.enum_class or enum.enums
        stored = {word: Rows.stored(word, status) for word in known}
        others = [word for word, label in stored.items() if label not in taken and (not labels or label in labels)]
        return others[0] if others and isinstance(status.type, String) else words[Role.FAILED]

    async def wake(self) -> None:
        """Let every engine look for rows at once, as an application may that has added some."""
        await self.execute(select(func.pg_notify(self.ledger.schema, "")))

    @property
    def processing(self) -> Any:
        """The status column's word for processing, as statements need it."""
        return self._word(self.workflow.states.word(Role.PROCESSING))

    async def execute(self, statement: Any) -> Sequence[Row[Any]]:
        """Execute one statement and commit.

        Args:
            statement: Any construct of SQLAlchemy.

        Returns:
            The rows it gives.
        """
        async with self._engine.begin() as connection:
            result = await connection.execute(statement)
            return result.all() if result.returns_rows else ()

    async def rows(self, chosen: Select[Any] | None = None) -> list[Any]:
        """Rows as instances of their model.

        Args:
            chosen: Which; by default all items, by their key.
        """
        asked = select(self.workflow.model).order_by(*self.workflow.key) if chosen is None else chosen
        async with self.sessions() as session:
            return list((await session.scalars(asked)).all())

    async def statuses(self) -> Counter[Any]:
        """How many items have which word in their status column, the words of the declaration as it has them."""
        status = self.workflow.status_column
        declared = {Rows.stored(word, status): word for _, word in self.workflow.states}
        found = [row[0] for row in await self.execute(select(status))]
        return Counter(declared.get(Rows.stored(word, status), word) for word in found)

    async def history(self) -> Sequence[Row[Any]]:
        """What the engine's history says, the oldest first: ``item``, ``attempt``, ``outcome``, ``reason`` and more."""
        attempt = self.ledger.attempt
        mine = select(attempt).where(attempt.c.workflow == self.name)
        return await self.execute(mine.order_by(attempt.c.settled_at, attempt.c.token))

    async def claims(self) -> Sequence[Row[Any]]:
        """The claims there are: of a worker, or waiting for their next attempt (``worker`` is then ``None``)."""
        return await self.execute(select(self.ledger.claim).where(self.ledger.claim.c.workflow == self.name))

    def _word(self, word: Any) -> Any:
        return Rows.literal(word, self.workflow.status_column)


def _make_what_is_named(connection: Connection, tables: Sequence[Table]) -> None:
    """Make what `MetaData.create_all` takes for granted: schemas, and enums that are left to the migrations."""
    kinds = [getattr(column.type, "item_type", column.type) for table in tables for column in table.columns]
    enums = [kind for kind in kinds if isinstance(kind, Enum) and kind.native_enum]
    named = {table.schema for table in tables} | {enum.schema for enum in enums}
    for schema in sorted(filter(None, named)):
        connection.execute(CreateSchema(schema, if_not_exists=True))
    for enum in enums:
        enum.create(connection, checkfirst=True)
