"""Write a person's decisions in a transaction that somebody else has open: an application's, or a command's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from curation_core._sql import decide, settle
from curation_core._sql.rows import Rows, named
from curation_core.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of the rows that a person decided about.

    Args:
        written: How many rows have the decision now.
        found: The items that were asked for and are there, as they were asked for.
        queued: The items that were queued.
        withdrawn: The items that waited or ran, and no longer do.
    """

    written: int
    found: frozenset[str] = frozenset()
    queued: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()


def decide_within(connection: Connection, rows: Rows, ledger: Ledger, items: Collection[str], decision: Any) -> Decided:
    """Write one decision about some rows, queue or withdraw them, and wake the workflow at the commit.

    Args:
        connection: In a transaction, which the caller ends.
        rows: The workflow's rows.
        ledger: The engine's tables.
        items: The rows' keys as texts.
        decision: The word.
    """
    asked = connection.execute(decide.lock_decided(rows), named(item=list(items))).all()
    there = {row.item: row for row in asked}  # two ways to write one key are one row
    selects = rows.is_selected(decision)
    queued = [item for item, row in there.items() if selects and row.eligible]
    withdrawn = [item for item, row in there.items() if not selects and row.busy]
    changed = {*queued, *withdrawn}
    others = [item for item in there if item not in changed]
    for statement, chosen in (
        (decide.write_decision, others),
        (decide.queue_selected, queued),
        (decide.withdraw, withdrawn),
    ):
        if chosen:
            connection.execute(statement(rows, decision), named(item=chosen))
    if changed:  # what they waited for is over: a row that is queued anew begins with its first attempt
        connection.execute(settle.drop_waiting(rows, ledger), named(item=list(changed)))
    if queued:
        connection.execute(settle.notify(ledger.schema), named(workflows=rows.name))
    return Decided(len(there), frozenset(row.asked for row in asked), tuple(queued), tuple(withdrawn))
