"""Checks of what one run means for others: for the next run of the same row, and for the rows beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from curation_core.states import Role
from curation_core.testing.conformance import keys
from curation_core.testing.conformance.bench import Bench, HarnessError, refuse
from curation_core.testing.conformance.effects import as_text
from curation_core.testing.harness import Harness

REPEATABLE = (
    "a person may queue any row again, so write what is there now, not one more of it: insert with on_conflict, or "
    "delete and insert; and let no run depend on what an earlier one left in memory"
)

KEPT = (
    "leave the item's own row where it is: its status tells what became of it, and a person may queue it again. Where "
    "rows shall go when they are done, say so: skip={'a_row_can_be_worked_again': 'rows go when they are done'}"
)


async def repeated(bench: Bench) -> None:
    """A row that is done and queued again."""
    async with bench.harness() as harness:
        await harness.drain()
        if not await harness.statuses():
            refuse("the item was done, and its row is no longer there: save_result deleted it", KEPT)
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
    """Rows that nobody queued, beside one that runs: one was worked before, one is like it in all but the key."""
    async with bench.harness(items=0) as harness:
        asked = len(bench.http.requests)
        await bench.queue(harness, 1, first=2)
        await harness.drain()
        of_another = [*bench.http.requests][asked:]
        await _add_twin(bench, harness)
        await harness.set_status(await harness.persons_word())
        before, there = await _rows(harness), await _kept(bench, harness)
        await bench.queue(harness, 1)
        await harness.drain()
        of_the_one = [*bench.http.requests][asked + len(of_another) :]
        changed, lost = _changes(before, await _rows(harness)), there - await _kept(bench, harness)
    if changed:
        refuse(
            f"the run of one item changed the row of another: {'; '.join(changed)}",
            "name the item's own key in the WHERE of what save_result updates or deletes",
        )
    if lost:
        refuse(
            f"the run of one item changed or deleted what the run of another had left: {', '.join(lost)}",
            "name the item's own key in the WHERE of what save_result updates or deletes, in every table",
        )
    keys.refuse_a_shared_key(of_another, of_the_one)


async def _add_twin(bench: Bench, harness: Harness) -> None:
    """A row like the first item's, with another key; none where the table allows no two of them."""
    first, twin, other = (bench.case.item(number, bench.http) for number in (1, 1, 3))
    for column in harness.workflow.key:
        name = harness.workflow.mapper.get_property_by_column(column).key
        setattr(twin, name, getattr(other, name))
    with suppress(IntegrityError):
        await harness.add(twin, first)
        async with harness.sessions.begin() as session:
            await session.delete(first)  # it was there to see whether both can be


async def _rows(harness: Harness) -> Mapping[str, Mapping[str, str]]:
    """The columns of each row of the workflow's own table, by its key."""
    table = harness.workflow.table
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, map(as_text, row), strict=True)) for row in await harness.execute(select(table))]
    return {", ".join(f"{column.name}={row[column.name]}" for column in harness.workflow.key): row for row in rows}


def _changes(before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [f"{key} is gone" for key in before if key not in after] + [
        f"{key}: {name} was {value} and is {after[key][name]}"
        for key, row in before.items()
        if key in after
        for name, value in row.items()
        if value != after[key][name]
    ]


async def _kept(bench: Bench, harness: Harness) -> Counter[str]:
    """Of the plugin's other tables, the whole rows where they refer to an item, and else the keys."""
    items, seen = harness.workflow.table, Counter[str]()
    for table in bench.case.others(harness.workflow):
        of_items = any(key.references(items) for column in table.columns for key in column.foreign_keys)
        columns = list(table.columns) if of_items else list(table.primary_key)
        rows = await harness.execute(select(*columns)) if columns else ()
        seen.update(f"{table.fullname}: {tuple(row)}" for row in rows)
    return seen
