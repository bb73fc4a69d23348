"""The table that you would have already, with three rows: in the configured database, else in curation's own."""

import asyncio
import os

from sqlalchemy import insert, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from curation_core import EmbeddedPostgres
from titles import Base, Page

PAGES = ["<title>Contact</title>", "<title>About us</title>", "<p>nothing here</p>"]


async def make(url: str) -> None:
    """Make the table and its rows."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(insert(Page), [{"html": html} for html in PAGES])
    await engine.dispose()


if configured := os.environ.get("CURATION_DATABASE_URL"):
    asyncio.run(make(configured))
else:
    with EmbeddedPostgres.kept() as server:
        asyncio.run(make(server.url))
