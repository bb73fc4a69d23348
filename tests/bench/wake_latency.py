"""Measure how long after the commit of a queued row the plugin of an idle host is called.

The row is queued as an application does it that tells the host: an UPDATE and a notification in one transaction. Both
processes read the machine's monotonic clock.

Usage: wake_latency.py URL WAKE_UPS. Prints the seconds of every timed wake-up as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import asyncpg
import database
import ours
import uvloop
from signals import dsn_of
from tables import Key

WARM_UP = 20
ROWS = 1000
APART = 0.02  # seconds between two wake-ups: the host has settled and is idle again


async def queue(connection: asyncpg.Connection, key: int) -> int:
    """Queue a row and tell the host. Returns when the commit was answered, in nanoseconds."""
    async with connection.transaction():
        await connection.execute("update page set status = 'Queued', updated_at = clock_timestamp() where id = $1", key)
        await connection.execute("select pg_notify('curation', $1)", ours.NAME)
    return time.monotonic_ns()


async def wake_up(connection: asyncpg.Connection, host: asyncio.subprocess.Process, key: int) -> float:
    """Queue a row and wait until the host's plugin is called with it. Returns the seconds between."""
    assert host.stdout is not None
    committed = await queue(connection, key)
    said, called = (await host.stdout.readline()).split()
    if int(said) != key:
        raise RuntimeError(f"the host worked row {said.decode()}, but {key} was queued")
    await asyncio.sleep(APART + key % 10 / 1000)  # in step with nothing
    return (int(called) - committed) / 1e9


async def main(url: str, wake_ups: int) -> None:
    await database.fill(url, Key.BIGINT, ROWS)
    connection = await asyncpg.connect(dsn_of(url))
    await connection.execute("update page set status = 'Completed'")
    await connection.execute("vacuum analyze page")
    host = await asyncio.create_subprocess_exec(
        *ours.command("telling"),
        cwd=Path(__file__).parent,
        env=ours.environment(url, every="1h"),  # nothing but a notification may wake it
        stdout=asyncio.subprocess.PIPE,
    )
    keys = [number % ROWS + 1 for number in range(WARM_UP + wake_ups)]
    seconds = [await wake_up(connection, host, key) for key in keys]
    host.terminate()
    await host.wait()
    await connection.close()
    print(json.dumps(seconds[WARM_UP:]))


uvloop.run(main(sys.argv[1], int(sys.argv[2])))
