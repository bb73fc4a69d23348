"""The time that every engine of a test goes by, in other processes too."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Interval, bindparam, column, func, select, table, text, update
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

CLOCK_FUNCTION = "curation_test.now"
"""The setting ``[database] clock`` of every engine that goes by this clock."""

CLOCK_TABLES = (
    text("create schema curation_test"),
    text("create table curation_test.ahead (by interval not null)"),
    text("insert into curation_test.ahead values ('0')"),
    text(
        "create function curation_test.now() returns timestamptz stable language sql "
        "as 'select statement_timestamp() + by from curation_test.ahead'"
    ),
)

_AHEAD = table("ahead", column("by", Interval), schema="curation_test")
CLOCK_BACK = update(_AHEAD).values(by=timedelta(0))


class Clock:
    """A test database's clock. It goes on as any clock does, and can be put forward.

    Leases, retries, pauses and heartbeats are compared in the database and go by it; what waits inside a process (the
    time limit of an attempt, ``asyncio.sleep``) does not.

    Args:
        url: Of a database of the fixture ``curation_database``.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_async_engine(url, poolclass=NullPool)

    async def advance(self, by: timedelta) -> None:
        """Put it forward, for every engine at once.

        Args:
            by: How far. Farther than ``lost_after``, every worker that is at work looks lost until its next beat.
        """
        forward = update(_AHEAD).values(by=_AHEAD.c.by + bindparam("further", by, Interval))
        async with self._engine.begin() as connection:
            await connection.execute(forward)

    async def now(self) -> datetime:
        """What it shows."""
        async with self._engine.connect() as connection:
            shown: datetime = (await connection.execute(select(func.curation_test.now()))).scalar_one()
            return shown
