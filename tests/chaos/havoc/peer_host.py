"""The same work as in ``havoc.workflow``, as a host of pgqueuer does it.

Usage: python -m havoc.peer_host URL CALLS
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import asyncpg
import pgqueuer
import uvloop
from pgqueuer.executors import DatabaseRetryEntrypointExecutor

from havoc.contestant import CONCURRENCY, LOST_AFTER, WORK
from havoc.peer import ENTRYPOINT

RETRIES = {"max_attempts": 20, "initial_delay": timedelta(seconds=0.1), "max_delay": timedelta(seconds=1)}


@asynccontextmanager
async def create(url: str, calls: str) -> AsyncIterator[pgqueuer.PgQueuer]:
    """A manager with connections of its own; made anew after each of its failures."""
    outside = os.open(calls, os.O_WRONLY | os.O_APPEND)
    async with asyncpg.create_pool(url, min_size=2, max_size=5, timeout=10, command_timeout=30) as pool:
        queue = pgqueuer.PgQueuer(pgqueuer.AsyncpgPoolDriver(pool))
        await pool.execute("insert into peer_process values ($1, $2)", queue.qm.queue_manager_id, os.getpid())

        @queue.entrypoint(ENTRYPOINT, executor_factory=partial(DatabaseRetryEntrypointExecutor, **RETRIES))
        async def process(job: pgqueuer.Job) -> None:
            queueing = int(job.payload or b"0")
            os.write(outside, f"{queueing} {time.time():.3f}\n".encode())
            answered = asyncio.Event()
            asyncio.get_running_loop().call_later(WORK, answered.set)
            await answered.wait()
            await pool.execute("insert into effect (queueing) values ($1)", queueing)

        yield queue
    os.close(outside)


if __name__ == "__main__":
    uvloop.run(
        pgqueuer.run(
            partial(create, *sys.argv[1:]),
            batch_size=CONCURRENCY // 2,
            max_concurrent_tasks=CONCURRENCY,
            dequeue_timeout=timedelta(seconds=1),
            heartbeat_timeout=timedelta(seconds=LOST_AFTER),
            restart_on_failure=True,
            restart_delay=timedelta(seconds=0.2),
        )
    )
