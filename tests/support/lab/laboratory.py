"""One test's database, and the hosts that work on it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from curation_core._sql.rows import Rows
from curation_core._store import Store
from curation_core.engine import Engine
from curation_core.host import Host
from curation_core.ledger import Ledger
from curation_core.settings import DatabaseSettings, HostSettings, Settings
from lab.processes import HostProcess
from lab.tables import Base, Page

BRISK = {"lost_after": timedelta(seconds=15), "sweep_every": timedelta(milliseconds=100), "drain_timeout": timedelta(0)}


class Laboratory:
    """A database of one test.

    Args:
        url: Of a database that has the engine's schema.
        eventually: The fixture that waits for a condition.
        pooled: Keep connections, which only one event loop can use, until `close`.
    """

    def __init__(self, url, eventually=None, *, pooled=False):
        self.url = url
        self.eventually = eventually
        self.ledger = Ledger()
        self.clock = ""
        self.processes = []
        pool = {"pool_size": 2, "pool_pre_ping": True} if pooled else {"poolclass": NullPool}
        # Nothing is prepared: tables change under these connections.
        arguments = {"prepared_statement_cache_size": 0, "statement_cache_size": 0}
        self.engine = create_async_engine(url, connect_args=arguments, **pool)

    # -- what the test itself does and sees ------------------------------------------------------------------------

    async def create(self, metadata=Base.metadata):
        """Make the tables, as the user's application would have."""
        async with self.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)

    async def execute(self, statement, parameters=None):
        """Run one statement and commit."""
        async with self.engine.begin() as connection:
            return await connection.execute(statement, parameters)

    async def all(self, statement, parameters=None):
        """Every row."""
        return list((await self.execute(statement, parameters)).all())

    async def scalar(self, statement, parameters=None):
        """One value."""
        return (await self.execute(statement, parameters)).scalar()

    def url_of(self, role):
        """The same database, entered as another role."""
        return make_url(self.url).set(username=role).render_as_string(hide_password=False)

    def transaction(self):
        """A transaction of the test's own: a person with an open session."""
        return self.engine.begin()

    async def add_pages(self, *orders, status="Queued", **more):
        """Add a page for each text of orders, with ids from 1 in an empty table."""
        await self.execute(insert(Page), [{"status": status, "orders": each, **more} for each in orders])

    async def statuses(self, model=Page):
        """How many rows have which status."""
        counted = select(model.status, func.count()).group_by(model.status)
        return {row[0]: row[1] for row in await self.all(counted)}

    async def page(self, number):
        """One page as it is now."""
        found = await self.execute(select(Page.status, Page.error, Page.orders).where(Page.id == number))
        return found.one_or_none()

    async def set_page(self, number, **values):
        """What a person does to a row by hand."""
        await self.execute(update(Page).where(Page.id == number).values(**values))

    async def claims(self):
        """The claims there are, live and waiting, by item."""
        return {row.item: row for row in await self.all(select(self.ledger.claim))}

    async def waiting(self):
        """Whether a row waits for its next attempt."""
        return any(claim.worker is None for claim in (await self.claims()).values())

    async def history(self, item=None):
        """What the history says, oldest first: of one item, or of all."""
        attempt = self.ledger.attempt
        asked = select(attempt).order_by(attempt.c.settled_at, attempt.c.token)
        return await self.all(asked if item is None else asked.where(attempt.c.item == item))

    async def outcomes(self, item=None):
        """The history's words."""
        return [row.outcome for row in await self.history(item)]

    # -- hosts in this process ---------------------------------------------------------------------------------------

    def store(self, lost_after=BRISK["lost_after"], **database):
        """The engine's access to this database. Close it."""
        return Store(self.url, DatabaseSettings(clock=self.clock, **database), lost_after)

    async def until_idle(self, plugins, *, deadline=60, **options):
        """Run a host in this process until nothing is left.

        Args:
            plugins: By workflow name.
            deadline: Seconds, as a failure guard.
            **options: As `host`.

        Returns:
            The run's summary.
        """
        async with self._engine_of(plugins, **options) as engine:
            running = asyncio.create_task(engine.run(until_idle=True))
            await asyncio.wait([running], timeout=deadline)
            if not running.done():
                counts = engine.counts
                engine.stop()
                await ended(running, engine)
                pytest.fail(f"not idle within {deadline} s: {counts}")
            return running.result()

    @asynccontextmanager
    async def host(self, plugins, **options):
        """A host at work in this process for as long as the context lasts.

        Args:
            plugins: By workflow name.
            **options: ``policies`` by name, ``host`` and ``database`` settings as dictionaries, ``only``.
        """
        async with self._engine_of(plugins, **options) as engine:
            running = asyncio.create_task(engine.run())
            try:
                yield engine
            finally:
                engine.stop()
                await ended(running, engine)

    @asynccontextmanager
    async def _engine_of(self, plugins, *, policies=None, host=None, database=None, only=()):
        loaded = Host()
        for name, plugin in plugins.items():
            report = loaded.register(plugin, name)
            assert report.state == "ok", report
        every = {name: bound.workflow.defaults for name, bound in loaded.workflows.items()} | (policies or {})
        settings = Settings(policies=every, host=HostSettings(**(BRISK | (host or {}))))
        store = self.store(settings.host.lost_after, **(database or {}))
        try:
            yield Engine(loaded, settings, store, only)
        finally:
            await store.close()

    @asynccontextmanager
    async def settling(self, workflow, name="pages", save=None):
        """The parts below the engine, for races that are played statement by statement: rows, and the store."""
        store = self.store()
        try:
            described = await store.describe(workflow.table)
            rows = Rows(name, workflow, described.as_facts())
            yield store, rows, store.settling(rows, save, {}, timedelta(seconds=10))
        finally:
            await store.close()

    async def wake(self):
        """Notify every workflow of every host, as an application may that has added rows."""
        await self.execute(select(func.pg_notify(self.ledger.schema, "")))

    # -- hosts in processes of their own -----------------------------------------------------------------------------

    async def start(self, **orders):
        """Start a `HostProcess` that works the pages; see ``host_process.py`` for its orders."""
        return await HostProcess.start(self, **orders)

    async def close(self):
        """End every process that the test started, and every connection."""
        for process in self.processes:
            await process.kill()
        await self.engine.dispose()

    @asynccontextmanager
    async def paused(self, name):
        """Hold a workflow back on every host for as long as the context lasts."""
        store = self.store()
        try:
            await store.operating.pause(name, None, "a test", "nothing shall be claimed")
            yield
            await store.operating.resume(name)
        finally:
            await store.close()

    @asynccontextmanager
    async def listening(self, channel, heard):
        """Hear what is notified on a channel: each payload is appended to a list."""
        connection = await asyncpg.connect(self.url.replace("+asyncpg", ""))
        await connection.add_listener(channel, lambda *heard_of: heard.append(heard_of[3]))
        try:
            yield
        finally:
            await connection.close()

    # -- time --------------------------------------------------------------------------------------------------------

    async def move_clock(self, **ahead):
        """Set the clock of every engine that asks `clock` ahead of the database's, by a timedelta's words."""
        await self.execute(text("update curation_test.ahead set by = :by"), {"by": timedelta(**ahead)})

    async def make_clock(self):
        """Let all hosts that start from now on take the time from a function that `move_clock` moves."""
        for statement in _CLOCK:
            await self.execute(statement)
        self.clock = "curation_test.now"

    async def silence_workers(self):
        """Make every worker there is look as if it had not been heard of for an hour."""
        worker = self.ledger.worker
        await self.execute(update(worker).values(heartbeat_at=worker.c.heartbeat_at - timedelta(hours=1)))


async def ended(running, engine, deadline=10):
    """Wait until a run that was told to stop has ended."""
    await asyncio.wait([running], timeout=deadline)
    if not running.done():
        engine.stop()
        await asyncio.wait([running], timeout=deadline)
        # Every pending task is abandoned: some would not even end when cancelled, and would keep all other tests.
        stuck = [str(task.get_coro()) for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        pytest.fail(f"the host did not stop within {deadline} s, nor when told twice: {stuck}")
    await running


_CLOCK = (
    text("create schema curation_test"),
    text("create table curation_test.ahead (by interval not null)"),
    text("insert into curation_test.ahead values ('0')"),
    text(
        "create function curation_test.now() returns timestamptz stable language sql "
        "as 'select statement_timestamp() + by from curation_test.ahead'"
    ),
)
