"""People who change, delete and queue rows again, whatever the hosts are doing with them at that moment."""

from __future__ import annotations

import asyncio
from random import Random

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from havoc.moments import again_and_again, lasts
from havoc.server import Database, unless_away
from havoc.tables import STATES, WITHDRAWN, Page, Queueing

LATELY = 4000  # pages among which people look: all that are queued, and as many that are done
HESITATES = 0.3  # seconds that a person may leave a change uncommitted, one time in ten


async def edit(database: Database, chance: Random) -> None:
    """One person's change to one row, noted together with it."""
    status = chance.choice([STATES.queued, STATES.processing, STATES.processing, STATES.completed])
    lately = Page.id > select(func.max(Page.id) - LATELY).scalar_subquery()
    one = select(Page.id).where(lately, Page.status == status).order_by(func.random()).limit(1)
    async with database.transaction() as connection:
        key = (await connection.execute(one)).scalar()
        locked = select(Page.status, Page.queueing).where(Page.id == key).with_for_update()
        found = (await connection.execute(locked)).one_or_none()
        if found is None:
            return
        if found.status in {STATES.queued, STATES.processing}:  # what is not done by now must never be done
            await connection.execute(update(Queueing).where(Queueing.id == found.queueing).values(overruled=True))
        await _change(connection, key, chance)
        if chance.random() < 0.1:
            await lasts(chance.uniform(0, HESITATES))


async def _change(connection: AsyncConnection, key: int, chance: Random) -> None:
    page = update(Page).where(Page.id == key)
    match chance.choice(["queue", "queue", "withdraw", "delete"]):
        case "queue":
            noted = (await connection.execute(insert(Queueing).returning(Queueing.id))).scalar()
            await connection.execute(page.values(status=STATES.queued, queueing=noted))
        case "withdraw":
            await connection.execute(page.values(status=WITHDRAWN))
        case "delete":
            await connection.execute(delete(Page).where(Page.id == key))


async def edit_for(database: Database, seconds: float, chance: Random, a_second: float = 20) -> None:
    """Change rows for so long, so many a second; while the database is away nobody can."""
    async with asyncio.TaskGroup() as people:
        async for _ in again_and_again(seconds, 1 / a_second):
            people.create_task(_try(database, chance))


async def _try(database: Database, chance: Random) -> None:
    with unless_away():
        await edit(database, chance)
