"""What a person or an item may tell a workflow on every host: wait, go on, stay within a limit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Insert,
    Interval,
    Select,
    Text,
    Update,
    cast,
    distinct,
    func,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as pg_insert

from curation_core._sql.rows import Rows, given
from curation_core.ledger import Ledger


def lock_control(rows: Rows, ledger: Ledger) -> Insert:
    """Make and lock the workflow's control row: claims under a limit are counted one after the other.

    The row's lock and not an advisory one: it ends with its transaction, and a reader of the catalog sees what it is.
    """
    control = ledger.control
    return (
        pg_insert(control)
        .values(workflow=rows.workflow_name)
        .on_conflict_do_update(index_elements=["workflow"], set_={"workflow": control.c.workflow})
    )


def count_live(rows: Rows, ledger: Ledger) -> Select[*tuple[Any, ...]]:
    """How much of a workflow runs at this moment, by live claims, so that a dead holder frees its place.

    Parameter: ``worker``.

    Returns:
        Columns: ``items`` in flight, ``others`` (workers but this one).
    """
    claim = ledger.claim
    me = given("worker", claim.c.worker.type)
    return select(
        func.count().label("items"),
        func.count(distinct(claim.c.worker)).filter(claim.c.worker != me).label("others"),
    ).where(claim.c.workflow == rows.workflow_name, claim.c.worker.is_not(None))


def pause(ledger: Ledger, now: ColumnElement[Any]) -> Insert:
    """Hold a workflow back. Parameters: ``workflow``, ``duration`` (null: until resumed), ``by``, ``reason``.

    A pause never shortens one that is under way.
    """
    control = ledger.control
    until = func.coalesce(now + given("duration", Interval), func.to_timestamp(float("inf")))
    statement = pg_insert(control).values(
        workflow=given("workflow", Text),
        paused_until=until,
        paused_by=given("by", Text),
        reason=given("reason", Text),
        changed_at=now,
    )
    new = statement.excluded
    longer = func.coalesce(control.c.paused_until < new.paused_until, True)
    return statement.on_conflict_do_update(
        index_elements=["workflow"],
        set_={name: new[name] for name in ("paused_until", "paused_by", "reason", "changed_at")},
        where=longer,
    )


def pauses(ledger: Ledger, now: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """The pauses that end by themselves. Columns: ``workflow``, ``left`` (seconds)."""
    control = ledger.control
    left = cast(func.extract("epoch", control.c.paused_until - now), Double)
    return select(control.c.workflow, left.label("left")).where(
        control.c.paused_until > now, func.isfinite(control.c.paused_until)
    )


def resume(ledger: Ledger, now: ColumnElement[Any]) -> Update:
    """Let a workflow go on. Parameter: ``workflow``.

    Returns:
        Column: ``workflow``, where it was paused.
    """
    control = ledger.control
    return (
        update(control)
        .where(control.c.workflow == given("workflow", Text), control.c.paused_until > now)
        .values(paused_until=null(), paused_by=null(), reason=null(), changed_at=now)
        .returning(control.c.workflow)
    )
