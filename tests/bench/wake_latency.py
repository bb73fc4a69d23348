"""Measure how long after the commit of a queued row the plugin of an idle host is called.

The row is queued as an application does it that tells the host: an UPDATE and a notification in one transaction. Both
processes read the machine's monotonic clock. After each wake-up a notification is timed that nobody works for: what the
database, the driver and the machine take by themselves at that moment.

Usage: wake_latency.py URL WAKE_UPS. Prints the seconds of every one as JSON.
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


class Echo:
    """Notifications to oneself."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._heard = asyncio.Event()
        self._heard_at = 0

    async def listen(self, connection: asyncpg.Connection) -> None:
        """Listen on a connection of its own."""
        await connection.add_listener("echo", self._on_notification)

    async def measure(self) -> float:
        """The seconds from the answer to the commit until the notification was heard."""
        self._heard.clear()
        await self._connection.execute("select pg_notify('echo', '')")
        committed = time.monotonic_ns()
        await self._heard.wait()
        return (self._heard_at - committed) / 1e9

    def _on_notification(self, *_: object) -> None:
        self._heard_at = time.monotonic_ns()
        self._heard.set()


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
    echo = Echo(connection)
    ear = await asyncpg.connect(dsn_of(url))
    await echo.listen(ear)
    wakes, echoes = [], []
    for number in range(WARM_UP + wake_ups):
        wakes.append(await wake_up(connection, host, number % ROWS + 1))
        echoes.append(await echo.measure())
    host.terminate()
    await host.wait()
    await ear.close()
    await connection.close()
    print(json.dumps({"wake": wakes[WARM_UP:], "notification": echoes[WARM_UP:]}))


uvloop.run(main(sys.argv[1], int(sys.argv[2])))
