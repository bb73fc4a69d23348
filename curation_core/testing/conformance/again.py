"""Checks of what one run means for others: for the next run of the same row, and for the rows beside it."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from curation_core.states import Role
from curation_core.testing.conformance.bench import Bench, HarnessError, refuse
from curation_core.testing.harness import Harness

REPEATABLE = (
    "a person may queue any row again, so write what is there now, not one more of it: insert with on_conflict, or "
    "delete and insert; and let no run depend on what an earlier one left in memory"
)


async def repeated(bench: Bench) -> None:
    """A row that is done and queued again."""
    async with bench.harness() as harness:
        await harness.drain()
        await bench.note_clean(harness)
        await harness.set_status(harness.workflow.states.word(Role.QUEUED))
        try:
            await harness.drain(deadline=30)
        except HarnessError as error:
            refuse(f"queued again when it was done, the item came to no end: {error}", REPEATABLE)
        second = (await harness.history())[1:]
        found = await bench.differs_from_clean(await bench.picture(harness))
    told = [f"{row.outcome}: {row.reason}" for row in second]
    if [row.outcome for row in second] not in (["done"], ["skipped"]):
        refuse(f"queued again when it was done, the item came to {told}", REPEATABLE)
    if found:
        refuse(f"queued again when it was done, the item left something else:\n{found}", REPEATABLE)


async def keeps_to_its_row(bench: Bench) -> None:
    """A row that nobody queued, beside one that runs."""
    async with bench.harness(items=0) as harness:
        await bench.queue(harness, 1, first=2)
        await harness.set_status(await harness.persons_word())
        before = await _rows(harness)
        await bench.queue(harness, 1)
        await harness.drain()
        changed = before - await _rows(harness)
    if changed:
        refuse(
            f"the run of one item changed the row of another, which was: {', '.join(changed)}",
            "name the item's own key in the WHERE of what save_result updates or deletes",
        )


async def _rows(harness: Harness) -> Counter[str]:
    return Counter(str(tuple(row)) for row in await harness.execute(select(harness.workflow.table)))
