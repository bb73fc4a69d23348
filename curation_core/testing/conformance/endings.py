"""Checks of runs that are ended from outside: by their time limit, by a host that stops, by a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from curation_core.engine import Engine
from curation_core.states import Role
from curation_core.testing.conformance import effects
from curation_core.testing.conformance.bench import Bench, Inapplicable, refuse
from curation_core.testing.faults import Hold
from curation_core.testing.harness import Harness
from curation_core.testing.waiting import eventually

LIMIT = "1s"
ATTEMPTS = 3
GRACE = 4.0  # seconds for a cancelled item to end; after five the engine goes on without it
LET_IT_THROUGH = (
    "let CancelledError through: catch Exception and never BaseException around an await, and clean up in `finally` "
    "without waiting there"
)


@asynccontextmanager
async def waiting(bench: Bench, harness: Harness, **policy: Any) -> AsyncIterator[Engine]:
    """An engine whose item waits for an answer of the loopback server.

    Raises:
        Inapplicable: It asks for nothing.
    """
    before = len(bench.http.requests)
    with bench.http.held():
        async with harness.engine(**policy) as engine:

            async def held_or_over() -> bool:
                return bench.http.waiting > 0 or len(await harness.history()) > 0

            await eventually(held_or_over)
            if not bench.http.waiting and len(bench.http.requests) == before:
                message = "no request reached the loopback server `http`, so there is nothing to hold"
                raise Inapplicable(message)
            yield engine


async def timed_out(bench: Bench) -> None:
    """An answer that does not come."""
    async with bench.harness() as harness, waiting(bench, harness, timeout=LIMIT, max_attempts=ATTEMPTS):
        first = (await eventually(harness.history))[0]
    if "ignored its cancellation" in first.reason:
        refuse(f"past its time limit the attempt went on: {first.reason}", LET_IT_THROUGH)
    if first.outcome in ("done", "skipped"):
        refuse(
            f"an attempt whose time was up came to {first.outcome!r}",
            "return None or Retry(…) from on_error for a TimeoutError: nothing is known of what it was waiting for",
        )


async def cancelled(bench: Bench) -> None:
    """A host that stops."""
    loop = asyncio.get_running_loop()
    async with bench.harness() as harness:
        before = await bench.picture(harness)
        async with waiting(bench, harness, timeout="10m") as engine:
            stopped = loop.time()
            engine.stop()
            engine.stop()
            await eventually(lambda: not harness.running or loop.time() > stopped + GRACE)
            took = loop.time() - stopped
        history = await harness.history()
        statuses = await harness.statuses()
        left = effects.difference(before, await bench.picture(harness))
    told = [f"{row.outcome}: {row.reason}" for row in history]
    if took >= GRACE:
        refuse(f"told to stop, the item went on for {took:.0f} s: {told}", LET_IT_THROUGH)
    if [row.outcome for row in history] != ["released"] or statuses[harness.workflow.states.word(Role.QUEUED)] != 1:
        refuse(f"told to stop, the item came to {told}, {dict(statuses)}", LET_IT_THROUGH)
    if left:
        refuse(f"told to stop, the item left this behind:\n{left}", "write in save_result alone")


async def overruled(bench: Bench) -> None:
    """A person who takes a row away while it runs."""
    async with bench.harness() as harness:
        before = await bench.picture(harness)
        hold = harness.faults.put("before_process", Hold())
        async with harness.engine() as engine:
            await hold.arrived()
            word = await harness.persons_word()
            await harness.set_status(word)
            await hold.release()
            await eventually(lambda: engine.counts.get(harness.name))
            statuses = await harness.statuses()
            left = effects.difference(before, await bench.picture(harness))
    if dict(statuses) != {word: 1}:
        refuse(
            f"a person set the row to {word!r} while it ran, and afterwards it was {dict(statuses)}",
            "leave the status column to the engine: it writes nothing over what a person decided",
        )
    if left:
        refuse(f"a person had taken the row away, and the run left this behind:\n{left}", "write in save_result alone")
