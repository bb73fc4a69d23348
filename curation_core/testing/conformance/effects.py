"""What a workflow leaves in the database, and how two such pictures differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, Table, select

from curation_core.testing.conformance.case import Case
from curation_core.testing.harness import Harness
from curation_core.workflow import Workflow

Rows = Mapping[str, Sequence[Mapping[str, str]]]
"""By table, each row's columns as text."""
AUTHORS = "effects=…"


async def picture(harness: Harness, case: Case) -> Rows:
    """What is there now, of all that a workflow may write; without the item's status and error."""
    if case.effects is not None:
        async with harness.sessions() as session:
            return {AUTHORS: [{"value": repr(await case.effects(session))}]}
    seen: dict[str, list[dict[str, str]]] = {}
    for table in (harness.workflow.table, *case.others(harness.workflow)):
        hidden = _moved_by_the_engine(harness.workflow) if table is harness.workflow.table else set()
        columns = [column for column in table.columns if column.name not in hidden]
        rows = await harness.execute(select(*columns))
        seen[table.fullname] = [
            {column.name: as_text(value) for column, value in zip(columns, row, strict=True)} for row in rows
        ]
    return seen


def noise(others: Sequence[Table], one: Rows, other: Rows) -> set[tuple[str, str]]:
    """The columns that differ between two undisturbed runs of the same item: keys, times, measurements.

    Numbers from a sequence count as well, since a run that is rolled back leaves gaps in them.
    """
    found = {
        (table, name)
        for table, rows in one.items()
        for name in {name for row in rows for name in row}
        if Counter(row[name] for row in rows) != Counter(row.get(name) for row in other.get(table, ()))
    }
    for table in others:
        counted = table.autoincrement_column
        if counted is not None and isinstance(counted.type, Integer):
            found.add((table.fullname, counted.name))
    return found


def difference(expected: Rows, found: Rows, ignored: set[tuple[str, str]] = frozenset()) -> str:  # type: ignore[assignment]  # an empty set is an empty set
    """What is otherwise, a line for each row that is missing or too many; empty where nothing is."""
    lines: list[str] = []
    for table in sorted({*expected, *found}):
        wanted, there = (_counted(table, rows.get(table, ()), ignored) for rows in (expected, found))
        lines += [f"missing in {table}: {row}" for row in (wanted - there).elements()]
        lines += [f"too much in {table}: {row}" for row in (there - wanted).elements()]
    return "\n".join(lines[:10])


def _counted(table: str, rows: Sequence[Mapping[str, str]], ignored: set[tuple[str, str]]) -> Counter[str]:
    kept = ({name: value for name, value in row.items() if (table, name) not in ignored} for row in rows)
    return Counter(", ".join(f"{name}={value}" for name, value in row.items()) or "a row" for row in kept)


def _moved_by_the_engine(workflow: Workflow) -> set[str]:
    error = workflow.error_column
    return {workflow.status_column.name, *((error.name,) if error is not None else ())}


def as_text(value: Any) -> str:
    """A value to compare with others."""
    return json.dumps(value, default=str, sort_keys=True)
