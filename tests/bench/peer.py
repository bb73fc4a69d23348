"""Contestant: pgqueuer, one worker, through its public interface and on its own tables."""

from __future__ import annotations

import asyncpg
import uvloop
from database import Finish
from pgqueuer import AsyncpgDriver, Job, PgQueuer, Queries
from pgqueuer.types import QueueExecutionMode
from signals import Order, wait_for_the_start
from tables import PAYLOAD

ENTRYPOINT = "bench"
ENQUEUED_AT_ONCE = 5000


async def fill(dsn: str, rows: int) -> None:
    """Make its tables anew and enqueue rows."""
    connection = await asyncpg.connect(dsn)
    queries = Queries(AsyncpgDriver(connection))
    if await queries.schema_is_installed():
        await queries.uninstall()
    await queries.install()
    for start in range(0, rows, ENQUEUED_AT_ONCE):
        size = min(ENQUEUED_AT_ONCE, rows - start)
        await queries.enqueue([ENTRYPOINT] * size, [PAYLOAD.encode()] * size, [0] * size)
    await connection.close()


async def finished(dsn: str) -> Finish:
    """What its log says is done."""
    connection = await asyncpg.connect(dsn)
    found = await connection.fetchrow(
        "select count(*), max(pg_xact_commit_timestamp(xmin)) from pgqueuer_log where status = 'successful'"
    )
    await connection.close()
    return Finish(*found)


async def main(order: Order) -> None:
    connection = await asyncpg.connect(order.dsn)
    queue = PgQueuer.from_asyncpg_connection(connection)

    @queue.entrypoint(ENTRYPOINT)
    async def process(job: Job) -> None:
        pass

    wait_for_the_start()
    await queue.run(batch_size=order.batch, mode=QueueExecutionMode.drain)


if __name__ == "__main__":
    uvloop.run(main(Order.read()))
