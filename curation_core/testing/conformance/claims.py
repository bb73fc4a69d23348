"""Checks of how rows are shared: each is settled once, and the limits hold over all engines."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

from sqlalchemy import func, select

from curation_core.states import Role
from curation_core.testing.conformance.bench import Bench, HarnessError, refuse
from curation_core.testing.faults import Hold
from curation_core.testing.harness import Harness

ENGINES, ITEMS = 3, 30
BATCH, INSTANCES, IN_FLIGHT, LIMITED = 2, 2, 3, 12
LEAVE_ALONE = (
    "leave status columns to the engine: claim no rows and move none in any hook, and queue what comes next in another "
    "workflow's column"
)


async def shared(bench: Bench) -> None:
    """Three engines settle each of thirty items once."""
    async with bench.harness(ITEMS) as harness:
        try:
            await harness.drain(engines=ENGINES, batch_size=4, max_instances=0, max_in_flight=0)
        except HarnessError as error:
            refuse(str(error), LEAVE_ALONE)
        history = await harness.history()
        statuses = await harness.statuses()
        claims = await harness.claims()
    often = {item: times for item, times in Counter(row.item for row in history).items() if times > 1}
    if often:
        told = next(row for row in history if row.item in often)
        refuse(f"{len(often)} of {ITEMS} items were settled more than once ({told.item}: {told.reason})", LEAVE_ALONE)
    words = harness.workflow.states
    unsettled = statuses[words.word(Role.QUEUED)] + statuses[words.word(Role.PROCESSING)]
    if len(history) != ITEMS or unsettled or claims:
        seen = f"{len(history)} of {ITEMS} items were settled, {unsettled} wait, {len(claims)} are claimed"
        refuse(f"{seen}: {dict(statuses)}", LEAVE_ALONE)
    wrong = [row for row in history if row.outcome not in ("done", "skipped")]
    if wrong:
        refuse(
            f"{len(wrong)} of {ITEMS} items came to {wrong[0].outcome!r}: {wrong[0].reason}",
            "items that run at once must not be in each other's way: INSERT … ON CONFLICT, and rows in one order",
        )


async def limited(bench: Bench) -> None:
    """The batch size, and the limits over all hosts."""
    limits: dict[str, Any] = {
        "batch_size": BATCH,
        "max_instances": INSTANCES,
        "max_in_flight": IN_FLIGHT,
        "concurrency": 10,
    }
    async with bench.harness(LIMITED) as harness, AsyncExitStack() as engines:
        hold = harness.faults.put("before_process", Hold(), times=IN_FLIGHT)
        for _ in range(ENGINES):
            await engines.enter_async_context(harness.engine(host=None, **limits))
        await hold.arrived(IN_FLIGHT)
        workers = {claim.worker for claim in await harness.claims()}
        await hold.release()
        most = await _most_processing(harness)
    if len(workers) > INSTANCES or harness.largest_claim > BATCH:
        refuse(f"{len(workers)} workers at once, {harness.largest_claim} rows a claim: {limits}", LEAVE_ALONE)
    if most > IN_FLIGHT:
        refuse(f"{most} rows were in processing at once, where max_in_flight is {IN_FLIGHT}", LEAVE_ALONE)


async def _most_processing(harness: Harness) -> int:
    status = harness.workflow.status_column
    processing = select(func.count()).where(status == harness.processing)
    most = 0
    async with asyncio.timeout(60):
        while len(await harness.history()) < LIMITED:
            ((now,),) = await harness.execute(processing)
            most = max(most, now)
    return most
