"""One scenario, from the first host to the audit."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple

from curation_core.testing import eventually
from havoc import audit, measure
from havoc.audit import Calls, Counts
from havoc.contestant import Contestant
from havoc.faults import Fault, Field, Struck
from havoc.hosts import EXPECTED_ENDS, Fleet
from havoc.moments import again_and_again, lasts
from havoc.network import Network
from havoc.server import Database, Server, dsn_of, unless_away
from havoc.tables import Base

HOSTS = 3
BACKLOG = 2000
"""Pages that are queued at any moment: three seconds of work. Throughput is what the hosts make of it."""

STARTS_WITHIN = 30  # seconds
STUCK_AFTER = 15  # seconds without an effect: several times what it takes to rescue a row
STEADY = 5.0  # seconds of throughput before the fault, and after the recovery


class Scenario(NamedTuple):
    """What a trial is about.

    Args:
        name: Of the line in the table.
        happen: The fault, from its beginning to its end.
        by_network: Whether the hosts go by way of the network that can break.
        patience: Seconds that throughput gets to come back.
        drains_within: Seconds at most to work off what is queued, after which what is not done is counted as lost.
    """

    name: str
    happen: Fault
    by_network: bool
    patience: float = 30
    drains_within: float = 300


@dataclass(frozen=True)
class Outcome:
    """What a trial found.

    Args:
        contestant: Whose hosts they were.
        fault: Its name.
        counts: The audit.
        calls: Calls to the outside.
        before: Effects a second before the fault.
        during: Effects a second from the fault's beginning to the recovery.
        after: Effects a second after the recovery, or at the end of the wait for it.
        throughput_back: Seconds from the fault's end until throughput was back; ``None``: never.
        held_again: Seconds from the kill or the freeze until everything that the host held ran again; ``None``: never,
            or no host was struck.
        struck: How many hosts were killed or frozen while it could be seen what they held.
        held: How many items they held.
        ended: How many hosts ended that nobody had told to.
        deaf: How many did not end when they were told to.
        drained_in: Seconds until nothing was left, or nothing moved any more.
    """

    contestant: str
    fault: str
    counts: Counts
    calls: int
    before: float
    during: float
    after: float
    throughput_back: float | None
    held_again: float | None
    struck: int
    held: int
    ended: int
    deaf: int
    drained_in: float

    @property
    def recovered_in(self) -> float | None:
        """Seconds until throughput was back and everything that was held ran again; ``None``: never."""
        if self.throughput_back is None or (self.held and self.held_again is None):
            return None
        return max(self.throughput_back, self.held_again or 0)


@asynccontextmanager
async def hosts_at_work(
    contestant: Contestant, server: Server, scenario: Scenario, chance: Random, keep: Path | None
) -> AsyncIterator[Field]:
    """Hosts on fresh tables; see `trial` for the arguments."""
    await make_tables(contestant, server)
    with tempfile.TemporaryDirectory(prefix="curation-chaos-") as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        async with Network.open(server.socket) as network:
            url = dsn_of(network.url(server.url)) if scenario.by_network else server.dsn
            async with Fleet.at_work(contestant, url, folder, HOSTS) as fleet:
                yield Field(contestant, server, network, fleet, chance)


async def make_tables(contestant: Contestant, database: Database) -> None:
    """Make all tables anew."""
    async with database.transaction() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    await contestant.install(database)


async def feed(contestant: Contestant, database: Database) -> None:
    """Keep the backlog up, until cancelled."""
    while True:
        with unless_away():
            missing = BACKLOG - await contestant.queued(database)
            if missing > BACKLOG // 10:
                await contestant.queue(database, missing)
        await lasts(0.25)


async def all_work(contestant: Contestant, database: Database) -> bool:
    """Whether every host holds something."""
    return len({pid for _, pid in await contestant.holding(database)}) >= HOSTS


async def until_recovered(server: Server, since: float, before: float, patience: float) -> None:
    """Wait until throughput is back, or for as long as anybody would."""
    async for _ in again_and_again(patience, 0.5):
        with unless_away():
            moments = await audit.effects_at(server, since)
            if measure.recovered(moments, since, time.time(), before) is not None:
                return


async def drain(contestant: Contestant, server: Server, within: float) -> float:
    """Wait until nothing is left, or nothing moves any more, or time is up. Returns how long it took, in seconds."""
    began = moved = time.time()
    async for _ in again_and_again(within, 0.25):
        if await contestant.idle(server):
            break
        if await audit.effects_at(server, max(moved, began) + 0.001):
            moved = time.time()
        elif time.time() - moved > STUCK_AFTER:
            break
    return time.time() - began


async def wait_of(server: Server, made: Calls, struck: Struck) -> float | None:
    """How long it took until everything that a host held ran again; ``None``: some never did."""
    again = audit.running_again(made, struck.held, struck.at)
    left = struck.held - set(again)
    if left - await audit.effects_of(server, left):  # what it settled in its last moment need not run again
        return None
    return max(again.values(), default=struck.at) - struck.at


async def trial(
    contestant: Contestant, server: Server, scenario: Scenario, chance: Random, keep: Path | None = None
) -> Outcome:
    """Run a scenario.

    Args:
        contestant: Who is put to the test.
        server: PostgreSQL.
        scenario: What happens.
        chance: Whom it meets.
        keep: Where logs and calls stay; ``None``: nowhere.

    Raises:
        HarnessError: The hosts did not begin to work.
    """
    async with hosts_at_work(contestant, server, scenario, chance, keep) as field:
        async with asyncio.TaskGroup() as tasks:  # whatever goes wrong with the feeding ends the trial
            feeding = tasks.create_task(feed(contestant, server))
            await eventually(lambda: all_work(contestant, server), STARTS_WITHIN)
            await lasts(measure.WINDOW)
            began = time.time()
            await lasts(STEADY)
            struck_at = time.time()
            before = measure.rate(await audit.effects_at(server, began), began, struck_at)
            await scenario.happen(field)
            over_at = time.time()
            await until_recovered(server, over_at, before, scenario.patience)
            await lasts(STEADY)
            end = time.time()
            feeding.cancel()
        drained_in = await drain(contestant, server, scenario.drains_within)
        counts = await audit.audit(contestant, server)
        moments = await audit.effects_at(server, began)
        made = audit.calls(field.fleet.calls)
        ended = sum(number for code, number in field.fleet.ends.items() if code not in EXPECTED_ENDS)
        back = measure.recovered(moments, over_at, end, before)
        recovered_at = over_at + back if back is not None else end - STEADY
        waits = [await wait_of(server, made, struck) for struck in field.struck if struck.held]
    return Outcome(
        contestant=contestant.name,
        fault=scenario.name,
        counts=counts,
        calls=sum(map(len, made.values())),
        before=before,
        during=measure.rate(moments, struck_at, max(recovered_at, struck_at + measure.WINDOW)),
        after=measure.rate(moments, recovered_at, end),
        throughput_back=back,
        held_again=max(waits) if waits and None not in waits else None,
        struck=len(field.struck),
        held=sum(len(struck.held) for struck in field.struck),
        ended=ended,
        deaf=field.deaf,
        drained_in=drained_in,
    )
