"""Checks of what items share with others: database connections and the event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import column, func, select, table

from curation_core.testing.conformance.bench import Bench, refuse
from curation_core.testing.conformance.endings import waiting
from curation_core.testing.harness import Harness
from curation_core.testing.waiting import eventually

LET_GO_WITHIN = 1.0  # seconds: a short transaction may be on its way when the answer begins to be waited for
REQUESTS = 4  # of one item, to each of which the answer is held
WARM, MEASURED, ROUNDS = 3, 5, 3
LONGEST = 0.1  # seconds
TICK = 0.005  # seconds
SLOW = 0.15  # seconds by which an answer is late: whoever waits for it in the loop's own thread stops the loop for it

_SESSIONS = table("pg_stat_activity", *map(column, ("datname", "state", "application_name", "query")))
_IN_TRANSACTION = select(_SESSIONS.c.application_name, _SESSIONS.c.query).where(
    _SESSIONS.c.datname == func.current_database(), _SESSIONS.c.state.like("idle in transaction%")
)


async def lets_go(bench: Bench) -> None:
    """Nothing of the database is held while an answer is waited for."""
    loop, held = asyncio.get_running_loop(), ""
    async with bench.harness() as harness, waiting(bench, harness, timeout="10m") as engine:
        for _ in range(REQUESTS):
            held, end = await _held(harness), loop.time() + LET_GO_WITHIN
            while held and loop.time() < end:
                await asyncio.sleep(TICK)
                held = await _held(harness)
            if held or not await _asks_again(bench, harness):
                break
        engine.stop()
        engine.stop()
    if held:
        refuse(
            f"while an answer was waited for: {held}",
            "end the transaction before the call: `async with sessions.begin() as session:` around statements alone",
        )


async def _asks_again(bench: Bench, harness: Harness) -> bool:
    asked = len(bench.http.requests)
    bench.http.let_on()

    async def again_or_over() -> bool:
        return len(bench.http.requests) > asked or len(await harness.history()) > 0

    await eventually(again_or_over)
    return len(bench.http.requests) > asked


async def _held(harness: Harness) -> str:
    for row in await harness.execute(_IN_TRANSACTION):
        name, query = row.application_name, row.query
        return f"a transaction is open ({name or 'a connection of its own'}: {' '.join(query.split())[:100]})"
    taken = sum(pool.checkedout() for pool in harness.last_store.plugin_pools)
    return f"{taken} of the plugin's connections are in use" if taken else ""


async def stays_free(bench: Bench) -> None:
    """The event loop turns while items are worked."""
    async with bench.harness(WARM) as harness, harness.engine() as engine:

        async def settled(number: int) -> None:
            await eventually(lambda: sum(engine.counts.get(harness.name, {}).values()) >= number)

        await settled(WARM)
        lags: list[float] = []
        for round_ in range(ROUNDS):  # the machine's own hiccups do not come thrice; a call that blocks does
            done = WARM + round_ * MEASURED
            await bench.queue(harness, MEASURED, first=done + 1)
            with bench.http.slowly(SLOW):
                async with _lag() as worst:
                    await harness.wake()
                    await settled(done + MEASURED)
            lags.append(max(worst))
            if lags[-1] <= LONGEST:
                return
    refuse(
        f"the event loop stood still for {min(lags) * 1000:.0f} ms",
        "what blocks (time.sleep, requests, parsing something large) belongs in a plain `def process_item`, which runs "
        "in a thread, or in asyncio.to_thread",
    )


@asynccontextmanager
async def _lag() -> AsyncIterator[list[float]]:
    worst = [0.0]
    over = threading.Event()
    kept_waiting = [0.0]

    def keep_waiting() -> None:
        while not over.is_set():
            before = time.monotonic()
            time.sleep(TICK)
            kept_waiting[0] += time.monotonic() - before - TICK

    async def watch() -> None:
        while True:
            before, others, worked = time.monotonic(), kept_waiting[0], time.thread_time()
            await asyncio.sleep(TICK)
            late = time.monotonic() - before - TICK
            # A busy machine keeps every thread waiting. What the loop's own thread worked meanwhile is its own doing.
            worst.append(max(late - (kept_waiting[0] - others), min(late, time.thread_time() - worked)))

    threading.Thread(target=keep_waiting, name="a thread to compare with", daemon=True).start()
    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    try:
        yield worst
        await asyncio.sleep(TICK)
    finally:
        over.set()
        watching.cancel()
