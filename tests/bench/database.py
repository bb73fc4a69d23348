"""The database of the benchmark: a durable server, fresh tables for every run, and when the last row was committed."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from tables import MODELS, STATES, Base, Key, Result, filling

from curation_core.ledger import migrate

SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "fsync": True,
    "full_page_writes": True,
    "synchronous_commit": True,
    "track_commit_timestamp": True,  # tells when the last row was finished, whatever the contestant says
    "max_connections": 100,
}


class Finish(NamedTuple):
    """What a run left in the database.

    Args:
        rows: How many rows are finished.
        at: When the last of them was committed, by the server's clock; ``None`` where none is.
    """

    rows: int
    at: datetime | None


def connect(url: str) -> AsyncEngine:
    """Connections of the benchmark itself, each closed after its use so that nothing of it is left in a run."""
    return create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")


async def fill(url: str, key: Key, rows: int) -> None:
    """Make the tables anew, queue rows, and leave nothing for the server to catch up on."""
    engine = connect(url)
    await migrate.upgrade(engine)
    async with engine.connect() as connection:
        await connection.execute(text("truncate curation.claim, curation.attempt, curation.worker, curation.control"))
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(filling(MODELS[key], rows))
    await settle_down(engine)


async def settle_down(engine: AsyncEngine) -> None:
    """Do now what autovacuum and the checkpointer would do in the midst of a run."""
    async with engine.connect() as connection:
        await connection.execute(text("vacuum analyze"))
        await connection.execute(text("checkpoint"))


async def finished(url: str, key: Key) -> Finish:
    """What is completed."""
    model = MODELS[key]
    at = func.max(func.pg_xact_commit_timestamp(literal_column("xmin")))
    async with connect(url).connect() as connection:
        found = await connection.execute(select(func.count(), at).where(model.status == STATES.completed))
        return Finish(*found.one())


async def results(url: str) -> int:
    """How many rows the plugin has written."""
    async with connect(url).connect() as connection:
        return (await connection.execute(select(func.count()).select_from(Result))).scalar_one()


async def clock(url: str) -> datetime:
    """The server's time."""
    async with connect(url).connect() as connection:
        return (await connection.execute(select(func.clock_timestamp()))).scalar_one()
