"""A process of a scheduler: old, as it was before there were claims, or new, with `run_job_loop`.

It calls its loop until nothing is queued, in a new event loop each time, and prints ``runs N`` for each row it runs.
"""

from __future__ import annotations

import argparse
import asyncio
import enum
import sys
from pathlib import Path

from sqlalchemy import asc, select, update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lab.tables import Page

from curation_core import run_job_loop


class Status(enum.StrEnum):
    Queued = "Queued"
    Processing = "Processing"
    Completed = "Completed"
    Error = "Error"


async def process(number, session):
    print("runs", number, flush=True)
    async with session.begin():
        page = await session.get(Page, number)
        if page.orders == "hang":
            await asyncio.Event().wait()
        page.status = "Completed"


async def old_loop(sessions, batch):
    async with sessions.begin() as session:
        waiting = (
            select(Page.id)
            .where(Page.status == Status.Queued)
            .order_by(asc(Page.updated_at))
            .limit(batch)
            .with_for_update(skip_locked=True)
        )
        numbers = (await session.execute(waiting)).scalars().all()
        held = update(Page).where(Page.id.in_(numbers)).values(status=Status.Processing, error=None)
        await session.execute(held.execution_options(synchronize_session=False))
    for number in numbers:
        async with sessions() as session:
            await process(number, session)


async def new_loop(sessions, batch):
    await run_job_loop(
        model=Page,
        status_enum=Status,
        queued_status=Status.Queued,
        processing_status=Status.Processing,
        completed_status=Status.Completed,
        failed_status=Status.Error,
        processing_function=process,
        batch_size=batch,
        order_by_column=asc(Page.updated_at),
        session_factory=sessions,
    )


async def once(kind, url, batch):
    engine = create_async_engine(url, poolclass=NullPool)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    await {"old": old_loop, "new": new_loop}[kind](sessions, batch)
    async with sessions() as session:
        left = await session.scalar(select(Page.id).where(Page.status == Status.Queued).limit(1))
    return left is not None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind")
    parser.add_argument("--batch", type=int)
    parser.add_argument("url")
    given = parser.parse_args()
    while asyncio.run(once(given.kind, given.url, given.batch)):
        pass


if __name__ == "__main__":
    main()
