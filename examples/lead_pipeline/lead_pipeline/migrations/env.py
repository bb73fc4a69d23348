"""Alembic's entrance: runs the application's migrations on the database of ``CURATION_DATABASE_URL``."""

from __future__ import annotations

import asyncio
import os

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from lead_pipeline.models import Tables


def run(connection: Connection) -> None:
    """Run them in one transaction."""
    context.configure(connection=connection, target_metadata=Tables.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def run_online() -> None:
    """Connect, and run them."""
    url = context.config.get_main_option("sqlalchemy.url") or os.environ["CURATION_DATABASE_URL"]
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


if context.is_offline_mode():
    message = "these migrations want a database: set CURATION_DATABASE_URL and leave out --sql"
    raise RuntimeError(message)
asyncio.run(run_online())
