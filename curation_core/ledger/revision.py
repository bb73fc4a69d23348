"""Which revision the engine's tables are at, without Alembic: importing that takes a fifth of a host's start."""

from __future__ import annotations

from sqlalchemy import Connection, column, inspect, select, table
from sqlalchemy.ext.asyncio import AsyncEngine

NEEDED = "0001"
"""The newest of the migrations. A test compares the two."""


async def current(engine: AsyncEngine, schema: str = "curation") -> str | None:
    """The revision the database is at, or ``None`` where the engine's tables do not exist."""
    version = table("alembic_version", column("version_num"), schema=schema)

    def read(connection: Connection) -> str | None:
        if not inspect(connection).has_table(version.name, schema=schema):
            return None
        return connection.execute(select(version.c.version_num)).scalar()

    async with engine.connect() as connection:
        return await connection.run_sync(read)
