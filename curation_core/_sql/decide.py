"""Write a person's decisions, and queue or withdraw the rows that they are about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Update,
    column,
    null,
    or_,
    select,
    table,
    true,
    update,
)

from curation_core._sql.rows import Rows, arrays
from curation_core.states import Role


def lock_decided(rows: Rows) -> Select[*tuple[Any, ...]]:
    """Lock the rows that a person decides about, in the order of their keys, as they are now.

    Parameter: the array ``item``.

    Returns:
        Columns: ``asked`` (the text under which the row was asked for), ``item``, ``eligible`` (whether a selection
        queues it), ``busy`` (whether it is queued or processing).
    """
    asked = arrays("curation_asked", item=Text)
    return (
        select(
            asked.c.item.label("asked"),
            rows.item().label("item"),
            _eligible(rows).label("eligible"),
            or_(rows.is_still(Role.QUEUED), rows.is_still(Role.PROCESSING)).label("busy"),
        )
        .join_from(asked, rows.table, rows.is_item(asked.c.item))
        .where(rows.of_model)
        .order_by(*rows.key)
        .with_for_update(key_share=True, of=rows.table)
    )


def write_decision(rows: Rows, decision: Any) -> Update:
    """Write a decision that leaves the status alone. Parameter: the array ``item``."""
    return _decided(rows, decision, {})


def queue_selected(rows: Rows, decision: Any) -> Update:
    """Write a decision that queues the rows, and clear their errors. Parameter: the array ``item``."""
    values: dict[str, Any] = {rows.status.name: rows.word(Role.QUEUED)}
    if rows.error is not None:
        values[rows.error.name] = rows.no_error
    return _decided(rows, decision, values)


def withdraw(rows: Rows, decision: Any) -> Update:
    """Write a decision that takes the rows out of the queue. Parameter: the array ``item``."""
    selection = rows.workflow.selection
    word = (
        null() if selection is None or selection.withdrawn is None else rows.literal(selection.withdrawn, rows.status)
    )
    return _decided(rows, decision, {rows.status.name: word})


def _decided(rows: Rows, decision: Any, values: dict[str, Any]) -> Update:
    # A table of its own making: the model may know nothing of the decision, and its defaults are not to be set.
    decided = rows.workflow.decision_column
    named = {each.name: each for each in (*rows.key, rows.status, rows.error, decided) if each is not None}
    ours = table(rows.table.name, *(column(name, each.type) for name, each in named.items()), schema=rows.table.schema)
    if decided is not None:
        values[decided.name] = rows.literal(decision, decided)
    return update(ours).where(rows.among_items(ours)).values({ours.c[name]: value for name, value in values.items()})


def _eligible(rows: Rows) -> ColumnElement[bool]:
    selection = rows.workflow.selection
    if selection is None or selection.eligible is None:
        return true()
    return or_(*(rows.status.is_(None) if role is None else rows.is_still(role) for role in selection.eligible))
