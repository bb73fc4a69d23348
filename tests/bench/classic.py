"""Contestant: the job loop that applications write for themselves, with SQLAlchemy's AsyncSession.

It claims a batch in one transaction. Then it goes through the batch row by row, each with a session and a transaction
of its own: load the row, process it, set its status.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import uvloop
from signals import Order, wait_for_the_start
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from tables import MODELS, STATES


async def process(row: Any) -> None:
    """What costs nothing, as in every contestant."""


async def claim(sessions: async_sessionmaker[AsyncSession], model: Any, batch: int) -> list[Any]:
    async with sessions() as session, session.begin():
        queued = select(model).where(model.status == STATES.queued).order_by(model.updated_at, model.id)
        rows = (await session.scalars(queued.limit(batch).with_for_update(skip_locked=True))).all()
        keys = [row.id for row in rows]
        if keys:
            begun = {"status": STATES.processing, "error": None}
            await session.execute(update(model).where(model.id.in_(keys)).values(begun))
    return keys


async def work(sessions: async_sessionmaker[AsyncSession], model: Any, key: Any) -> None:
    async with sessions() as session, session.begin():
        row = await session.get(model, key)
        if row is None:
            return
        try:
            await process(row)
            row.status = STATES.completed
        except Exception as error:  # noqa: BLE001 - whatever went wrong with the row is its error
            row.status, row.error = STATES.failed, str(error)
        row.updated_at = datetime.now(UTC)


async def main(order: Order) -> None:
    model = MODELS[order.key]
    engine = create_async_engine(order.url, pool_pre_ping=True)  # as behind every pooler that closes connections
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions() as session:
        await session.scalar(select(1))
    wait_for_the_start()
    while keys := await claim(sessions, model, order.batch):
        for key in keys:
            await work(sessions, model, key)
    await engine.dispose()


uvloop.run(main(Order.read()))
