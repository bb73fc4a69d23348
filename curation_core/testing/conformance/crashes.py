"""Checks of what is left of a worker that died, and of one that stood still."""

from __future__ import annotations

from datetime import timedelta

from curation_core.states import Role
from curation_core.testing.conformance import effects, keys
from curation_core.testing.conformance.bench import Bench, Check, refuse
from curation_core.testing.faults import Die, Hold, Point
from curation_core.testing.waiting import eventually

LOST = timedelta(minutes=10)  # by when a silent worker is lost, whatever its lost_after
PATIENT = {"lost_after": timedelta(seconds=60), "sweep_every": timedelta(hours=1)}
"""The worker that stands still learns nothing of it from its own heartbeat."""
SETTLE = "write in save_result alone, with the session it gets: what process_item and lifespan write is there at once"
SAME = "let nothing that is written depend on the attempt, or on what an earlier one left outside of the database"


def crash_at(point: Point) -> Check:
    """The check of a crash at one point."""

    async def crash(bench: Bench) -> None:
        async with bench.harness() as harness:
            before = await bench.picture(harness)
            asked = len(bench.http.requests)
            process = await harness.start(faults=[(point, Die())])
            await process.died()
            first = [*bench.http.requests][asked:]
            left = effects.difference(before, await bench.picture(harness))
            if left:
                refuse(f"the worker died ({point}), and this is left of it:\n{left}", SETTLE)
            await harness.clock.advance(LOST)
            await harness.drain()
            statuses = await harness.statuses()
            history = await harness.history()
            again = [*bench.http.requests][asked + len(first) :]
            found = await bench.differs_from_clean(await bench.picture(harness))
        if [row.outcome for row in history] not in (["lost", "done"], ["lost", "skipped"]):
            told = [f"{row.outcome}: {row.reason}" for row in history]
            refuse(f"after a crash ({point}) the item came to {told}, {dict(statuses)}", SAME)
        if found:
            refuse(f"after a crash ({point}) the second run left something else:\n{found}", SAME)
        keys.refuse_another_key(first, again, f"after a crash ({point})")

    return crash


async def stalled(bench: Bench) -> None:
    """A worker that stands still while another does its row."""
    async with bench.harness() as harness:
        hold = harness.faults.put("before_process", Hold())
        async with harness.engine(host=PATIENT) as late:
            await hold.arrived()
            await harness.clock.advance(LOST)
            await harness.drain()
            settled, statuses = await bench.picture(harness), await harness.statuses()
            await hold.release()
            await eventually(lambda: late.counts.get(harness.name, {}).get("lost"))
            changed = effects.difference(settled, await bench.picture(harness))
            after = await harness.statuses()
    if statuses[harness.workflow.states.word(Role.QUEUED)]:
        refuse(f"another worker did not settle the row: {dict(statuses)}", SAME)
    if changed or after != statuses:
        refuse(f"a worker that came too late changed what another had settled: {dict(after)}\n{changed}", SETTLE)
