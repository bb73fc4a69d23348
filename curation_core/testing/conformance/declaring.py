"""Checks of what a plugin says of itself: that it loads, fits its tables, and takes no wrong settings."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from curation_core import _preflight
from curation_core._binding import fit
from curation_core.errors import ConfigurationError
from curation_core.settings import Configuration
from curation_core.testing.conformance.bench import Bench, HarnessError, refuse
from curation_core.testing.loading import load

STRANGER = "conformance_no_such_key"
NONSENSE = '{ conformance_no_such_key = "of no type" }'
"""A value that no number, text, list or model takes."""


async def loads(bench: Bench) -> None:
    """The host takes the plugin."""
    try:
        bench.load()
    except HarnessError as error:
        refuse(f"the host does not take the plugin: {error}", "`curation workflows` lists what is wrong with it, too")


async def fits(bench: Bench) -> None:
    """The tables are as the plugin maps them."""
    async with bench.harness(items=0) as harness:
        store = harness.store()
        try:
            workflow, settings = harness.workflow, harness.settings(harness.policy(), {})
            _, faults = await fit(store, load(harness.name, bench.case.plugin).workflows, settings)
            found = [*faults.values()]
            for table in workflow.table.metadata.sorted_tables:
                if table is not workflow.table and table not in workflow.owned_tables:
                    found += _preflight.missing(table, await store.describe(table))
        finally:
            await store.close()
    if found:
        refuse("; ".join(found), "map the columns and words that the table has; a host would disable this workflow")


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
            "let make_item make an item that can be done, and serve= or resources= what it asks others for",
        )
    if set(statuses) - {words.completed, words.failed, words.skipped}:
        refuse(
            f"the item was settled as {first.outcome}, and the statuses are {dict(statuses)}",
            "leave the status column to the engine: save_result must not write it",
        )


async def refuses_settings(bench: Bench) -> None:
    """What is wrong in the settings is an error that names it."""
    host = load(bench.case.workflow, bench.case.plugin)
    workflow = host.workflows[bench.case.workflow].workflow
    model = workflow.settings
    if model is None:
        return
    for key, line in _mistakes(model):
        said = _complaints(bench.case.workflow, {bench.case.workflow: workflow}, line)
        if key not in said:
            refuse(
                f"the setting `{line}` is taken without a word about {key}" if not said else f"{line}: {said}",
                "give each field of the settings a type that its values must have, and the model (and each model in "
                'it) ConfigDict(extra="forbid")',
            )


def _mistakes(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    yield STRANGER, f"{STRANGER} = 1"
    for name, about in model.model_fields.items():
        nested = isinstance(about.annotation, type) and issubclass(about.annotation, BaseModel)
        yield (STRANGER if nested else name), f"{about.alias or name} = {NONSENSE}"


def _complaints(name: str, workflows: dict[str, Any], line: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "curation.toml"
        file.write_text(f"[workflows.{name}.settings]\n{line}\n")
        try:
            Configuration.read(file, environ={}).resolve(workflows)
        except ConfigurationError as error:
            return str(error).replace(str(file), "curation.toml")
    return ""
