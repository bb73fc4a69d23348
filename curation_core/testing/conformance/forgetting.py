"""The check of what an author forgets to do: to await, to close, to write."""

from __future__ import annotations

import gc
import re
import warnings
from collections.abc import Sequence

from sqlalchemy import select

from curation_core.testing.conformance import effects
from curation_core.testing.conformance.bench import Bench, refuse
from curation_core.testing.harness import Harness
from curation_core.testing.loading import load

NEVER_AWAITED = re.compile(r"coroutine '(?P<name>[^']+)' was never awaited")


async def forgets_nothing(bench: Bench) -> None:
    """One item, with an ear for what Python says of coroutines and of files."""
    bound = load(bench.case.workflow, bench.case.plugin).workflows[bench.case.workflow]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gc.collect()
        caught.clear()  # what the checks before this one left is not this item's
        async with bench.harness() as harness:
            before = await _everything(bench, harness)
            await harness.drain()
            after = await _everything(bench, harness)
            outcome = (await harness.history())[0].outcome
        gc.collect()  # what a cycle keeps says nothing before
    _hear(caught)
    if outcome == "done" and bound.save is not None and before == after:
        refuse(
            "the item was done, save_result was called, and nothing of it is in the tables that the plugin maps",
            "look at what save_result writes and at its WHERE: does it name the item's key? What it writes to other "
            "tables, effects=… shows; and where there was nothing to do, return Skip(reason)",
        )


def _hear(caught: Sequence[warnings.WarningMessage]) -> None:
    for warning in caught:
        text = str(warning.message)
        if forgotten := NEVER_AWAITED.search(text):
            refuse(
                f"nobody awaited {forgotten['name']}, so it did nothing",
                f"write `await` before the call of {forgotten['name'].rpartition('.')[2]}",
            )
        if issubclass(warning.category, ResourceWarning):
            refuse(
                f"something was left open: {text}",
                "open it with `with` or `async with`, a client in lifespan around its `yield`",
            )


async def _everything(bench: Bench, harness: Harness) -> tuple[object, list[list[str]]]:
    """The picture, and the rows of the tables that the plugin owns."""
    owned = [sorted(map(str, await harness.execute(select(table)))) for table in harness.workflow.owned_tables]
    return await effects.picture(harness, bench.case), owned
