"""What happens to hosts, to the server, to the network between them, and by the people at the rows."""

from __future__ import annotations

import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import NamedTuple

import asyncpg
from sqlalchemy import ColumnElement, func, insert, select

from curation_core.testing import HarnessError, eventually
from havoc import people
from havoc.contestant import CONCURRENCY, LOST_AFTER, Contestant, held_by, holder_of
from havoc.hosts import Fleet, send
from havoc.moments import again_and_again, lasts
from havoc.network import Network
from havoc.server import END_SESSIONS, Server, unless_away
from havoc.tables import STATES, Page, Queueing

LONG = 2.5 * LOST_AFTER
"""Seconds that a fault lasts: long enough for every host to be taken for dead."""

SHORT = 0.75 * LOST_AFTER
"""Seconds between two strikes of the same fault."""


class Struck(NamedTuple):
    """A host that was killed, frozen or blocked.

    Args:
        at: When, in seconds of the epoch.
        held: The queueings that it held then.
    """

    at: float
    held: set[int]


@dataclass
class Field:
    """Where things happen.

    Args:
        contestant: Whose hosts they are.
        server: PostgreSQL.
        network: The way to it.
        fleet: The hosts.
        chance: Whom it meets.
        struck: The hosts it met.
        deaf: How many hosts had to be killed since they did not stop when they were told to.
    """

    contestant: Contestant
    server: Server
    network: Network
    fleet: Fleet
    chance: Random
    struck: list[Struck] = field(default_factory=list)
    deaf: int = 0

    async def any_host(self) -> int:
        """One of the host processes, as soon as there is one."""
        return self.chance.choice(await eventually(lambda: self.fleet.pids, float("inf")))

    async def note(self, pid: int) -> None:
        """Note what a process holds that does nothing any more."""
        at = time.time()
        with unless_away():
            self.struck.append(Struck(at, await held_by(self.contestant, self.server, pid)))

    async def freeze(self, pid: int) -> None:
        """Stop a process where it stands."""
        send(pid, signal.SIGSTOP)
        await self.note(pid)

    async def kill(self, pid: int) -> None:
        """Kill a process as the kernel does that has no memory left; it is frozen before, to see what it holds."""
        await self.freeze(pid)
        send(pid, signal.SIGKILL)
        await self.fleet.replaced(pid)

    async def holder(self) -> int:
        """A host that holds many items; any, where none does for a while."""

        async def found() -> int:
            with unless_away():
                for pid in self.fleet.pids:
                    if len(await held_by(self.contestant, self.server, pid)) >= CONCURRENCY * 0.8:
                        return pid
            return 0

        try:
            return int(await eventually(found, LONG))
        except HarnessError:
            return await self.any_host()


# -- the server ----------------------------------------------------------------------------------------------------


async def postgres_restart(on: Field) -> None:
    """PostgreSQL is shut down, stays away for a while, and is started."""
    await on.server.stop(signal.SIGINT)
    await lasts(LONG)
    await on.server.start()


async def postgres_immediate(on: Field) -> None:
    """PostgreSQL ends at once as in a crash, stays away for a while, and recovers when it is started."""
    await on.server.stop(signal.SIGQUIT)
    await lasts(LONG)
    await on.server.start()


async def pg_backend_kill(on: Field) -> None:
    """Somebody terminates every session of the hosts, five times a second."""
    async with on.server.session() as administrator:
        async for _ in again_and_again(LONG, 0.2):
            await administrator.execute(END_SESSIONS)


async def pool_exhaustion(on: Field) -> None:
    """Somebody takes every connection that the server has to give, the hosts' own among them, and keeps them."""
    async with on.server.session() as administrator, AsyncExitStack() as taken:
        async for _ in again_and_again(LONG, 0.2):
            await administrator.execute(END_SESSIONS)
            with suppress(asyncpg.TooManyConnectionsError):
                while True:
                    await taken.enter_async_context(on.server.session())


async def read_only(on: Field) -> None:
    """Every transaction is read-only, as on a server that has become a standby."""
    async with on.server.session() as administrator:
        await administrator.execute("alter system set default_transaction_read_only = on")
        await administrator.execute("select pg_reload_conf()")
        await lasts(LONG)
        await administrator.execute("alter system reset default_transaction_read_only")
        await administrator.execute("select pg_reload_conf()")


# -- the network ---------------------------------------------------------------------------------------------------


async def network_cut(on: Field) -> None:
    """Every connection is reset, three times a second."""
    async for _ in again_and_again(LONG, 0.3):
        on.network.cut()


async def network_delay(on: Field) -> None:
    """Each packet takes 50 to 100 ms in each direction."""
    on.network.delay = 0.1
    await lasts(LONG)
    on.network.delay = 0.0


async def network_half_open(on: Field) -> None:
    """Connections go silent without an end, three times; new ones can be made only after a second each time."""
    async for _ in again_and_again(3 * SHORT, SHORT):
        on.network.silence()
        on.network.unreachable = True
        await lasts(SHORT / 2)
        on.network.unreachable = False


# -- the hosts -----------------------------------------------------------------------------------------------------


async def crash_recovery(on: Field) -> None:
    """A host that holds many items is killed."""
    await on.kill(await on.holder())


async def repeated_kills(on: Field) -> None:
    """One host after another is killed, before the one before has been taken for dead."""
    async for _ in again_and_again(6 * SHORT, SHORT):
        await on.kill(await on.any_host())


async def frozen_host(on: Field) -> None:
    """A host that holds many items is stopped for longer than it takes to be taken for dead, and goes on."""
    pid = await on.holder()
    await on.freeze(pid)
    await lasts(LONG)
    send(pid, signal.SIGCONT)


async def blocked_loop(on: Field) -> None:
    """An item's first attempt blocks the event loop of its host, longer than it takes to be taken for dead."""
    with unless_away():
        async with on.server.transaction() as connection:
            queueing = (await connection.execute(insert(Queueing).returning(Queueing.id))).scalar_one()
            page = {"status": STATES.queued, "queueing": queueing, "stall": LONG, "updated_at": soon()}
            await connection.execute(insert(Page).values(page))
        with suppress(HarnessError):
            await on.note(await eventually(lambda: holder_of(on.contestant, on.server, queueing), LONG))
    await lasts(LONG)


def soon() -> ColumnElement[datetime]:
    """A place in the order that is reached in half a second: behind some hundred of the rows that are queued."""
    queued = select(Page.updated_at).where(Page.status == STATES.queued).order_by(Page.updated_at)
    return func.coalesce(queued.offset(300).limit(1).scalar_subquery(), func.now())


async def rolling_deploy(on: Field) -> None:
    """Every host is told to stop, one after the other, and is replaced."""
    for pid in on.fleet.pids:
        send(pid, signal.SIGTERM)
        try:
            await on.fleet.replaced(pid)
        except HarnessError:
            on.deaf += 1
            send(pid, signal.SIGKILL)
        await lasts(SHORT)


# -- the rows ------------------------------------------------------------------------------------------------------


async def hand_edits(on: Field) -> None:
    """People queue rows again, withdraw and delete them, twenty a second, and leave some changes uncommitted."""
    await people.edit_for(on.server, LONG, on.chance)


class Kind(StrEnum):
    """What a fault happens to. Two of different kinds can happen at once."""

    SERVER = "server"
    NETWORK = "network"
    HOSTS = "hosts"
    ROWS = "rows"


Fault = Callable[[Field], Awaitable[None]]

FAULTS: dict[Fault, Kind] = {
    postgres_restart: Kind.SERVER,
    postgres_immediate: Kind.SERVER,
    pg_backend_kill: Kind.SERVER,
    pool_exhaustion: Kind.SERVER,
    crash_recovery: Kind.HOSTS,
    repeated_kills: Kind.HOSTS,
    frozen_host: Kind.HOSTS,
    blocked_loop: Kind.HOSTS,
    rolling_deploy: Kind.HOSTS,
    network_cut: Kind.NETWORK,
    network_delay: Kind.NETWORK,
    network_half_open: Kind.NETWORK,
    read_only: Kind.SERVER,
    hand_edits: Kind.ROWS,
}
"""Every fault, in the order of the table."""

PUBLIC = (postgres_restart, pg_backend_kill, pool_exhaustion, crash_recovery, repeated_kills)
"""Those of the public comparison of queues, under the names that they have there."""
