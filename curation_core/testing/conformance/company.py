"""The check that items of one process do not get into each other's results, at once or one after the other."""

from __future__ import annotations

from curation_core.testing.conformance import effects
from curation_core.testing.conformance.bench import Bench, Inapplicable, refuse
from curation_core.testing.conformance.effects import Rows
from curation_core.testing.harness import Harness
from curation_core.testing.loading import load

ALONE, COMPANY = 2, 8  # items
FIRST = 2  # the number of the first item: the one that most checks work has been seen by this process
LATE = 0.05  # seconds by which an answer is late, so that the items wait side by side
MOST_RUNS = 6


async def keeps_apart(bench: Bench) -> None:
    """What each of two items leaves from a new process of its own, and what both leave beside six others."""
    if bench.case.effects is not None:
        message = "effects=… gives one value for all items, which does not show those of each"
        raise Inapplicable(message)
    alone = [await _left_by_each(bench)]
    beside = await _left_together(bench)
    while missing := _missing(bench, alone, beside):
        if len(alone) == MOST_RUNS:
            refuse(
                f"beside others, an item did not leave what it leaves alone in a new process:\n{missing}",
                "keep what belongs to an item in local variables: a module, a client and `resources` are shared by all "
                "items that run at once, and outlive each of them",
            )
        alone.append(await _left_by_each(bench))


async def _left_by_each(bench: Bench) -> Rows:
    async with bench.harness(items=0) as harness:
        for number in range(FIRST, FIRST + ALONE):
            await bench.queue(harness, 1, first=number)
            await _work(harness)
        return await effects.picture(harness, bench.case)


async def _left_together(bench: Bench) -> Rows:
    async with bench.harness(items=0) as harness:
        await bench.queue(harness, COMPANY, first=FIRST)
        with bench.http.slowly(LATE):
            await _work(harness)
        return await effects.picture(harness, bench.case)


async def _work(harness: Harness) -> None:
    process = await harness.start(
        until_idle=True, batch_size=COMPANY, concurrency=COMPANY, max_instances=0, max_in_flight=0
    )
    await process.said("over")
    await process.died()


def _missing(bench: Bench, alone: list[Rows], beside: Rows) -> str:
    """The rows of the two that are not there beside others: their own, and those that refer to them.

    What differs from one run alone to the next is left out: times, measurements, random keys.
    """
    workflow = load(bench.case.workflow, bench.case.plugin).workflows[bench.case.workflow].workflow
    others = bench.case.others(workflow)
    theirs = {workflow.table.fullname} | {
        table.fullname
        for table in others
        if any(key.references(workflow.table) for column in table.columns for key in column.foreign_keys)
    }
    noise = set().union(*(effects.noise(others, alone[0], again) for again in alone))
    expected, found = ({name: rows[name] for name in theirs} for rows in (alone[0], beside))
    difference = effects.difference(expected, found, noise)
    return "\n".join(line for line in difference.splitlines() if line.startswith("missing"))
