"""Checks of what a plugin says of itself: that it loads, fits its tables, and takes no wrong settings."""

from __future__ import annotations

from curation_core import _preflight
from curation_core._binding import fit
from curation_core._declared import settings_findings
from curation_core.testing.conformance.bench import Bench, HarnessError, refuse
from curation_core.testing.loading import load


async def loads(bench: Bench) -> None:
    """The host takes the plugin."""
    try:
        bench.load()
    except HarnessError as error:
        refuse(f"the host does not take the plugin: {error}", "`curation workflows` lists what is wrong with it, too")


async def fits(bench: Bench) -> None:
    """The workflow's own table is as a host wants it, and others that it maps are as ``tables`` has them."""
    async with bench.harness(items=0) as harness:
        store = harness.store()
        try:
            workflow, settings = harness.workflow, harness.settings(harness.policy(), {})
            _, faults = await fit(store, load(harness.name, bench.case.plugin).workflows, settings)
            lacking: list[str] = []
            for table in bench.case.others(workflow):
                lacking += _preflight.missing(table, await store.describe(table))
        finally:
            await store.close()
    if faults:
        found = "; ".join(faults.values())
        refuse(found, "map the columns and words that the table has; a host would disable this workflow")
    if lacking:
        refuse("; ".join(lacking), "map what the table in tables= has: the database would refuse a hook the rest")


async def comes_to_its_end(bench: Bench) -> None:
    """One item is done or skipped at its first attempt."""
    async with bench.harness() as harness:
        try:
            await harness.drain(deadline=30)
        except HarnessError as error:
            refuse(str(error), "an item must come to its end: does process_item wait for what never comes?")
        first = (await harness.history())[0]
        words = harness.workflow.states
        statuses = await harness.statuses()
    if first.outcome not in ("done", "skipped"):
        refuse(
            f"make_item(1) came to {first.outcome!r} at its first attempt: {first.reason}",
            "mend what the reason names; or, if such an item can't be done, let make_item make one that can, and "
            "serve= or resources= what it asks others for",
        )
    if set(statuses) - {words.completed, words.failed, words.skipped}:
        refuse(
            f"the item was settled as {first.outcome}, and the statuses are {dict(statuses)}",
            "leave the status column to the engine: save_result must not write it",
        )


async def refuses_settings(bench: Bench) -> None:
    """What is wrong in the settings is an error that names it."""
    name = bench.case.workflow
    for finding in settings_findings(name, load(name, bench.case.plugin).workflows[name].workflow):
        refuse(*finding)
