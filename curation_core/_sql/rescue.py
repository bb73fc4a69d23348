"""Find what dead workers left, rows in processing that nobody claimed, and waits that nobody waits for any more."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    FromClause,
    Integer,
    Interval,
    Select,
    Text,
    and_,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.sql.dml import ReturningDelete

from curation_core._sql.rows import Rows, given
from curation_core.ledger import Ledger
from curation_core.states import Role


def lock_lost(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Lock the live claims of workers that are gone or have not been heard of for too long.

    Parameter: ``limit`` (a literal).

    Returns:
        Columns: the claim's, ``heartbeat_at``, ``host``, ``pid`` of its worker (null where its row is gone), and
        ``lives_on``: whether the worker's process has another worker id by now, and is heard of: it did not die.
    """
    claim, worker = ledger.claim, ledger.worker
    successor = worker.alias("curation_successor")
    same = _process(successor.c.id) == _process(claim.c.worker)
    is_heard = ~_is_dead(successor, now)
    lives_on = exists(select(successor.c.id).where(same, successor.c.id != claim.c.worker, is_heard))
    return (
        select(claim, worker.c.heartbeat_at, worker.c.host, worker.c.pid, lives_on.label("lives_on"))
        .join_from(claim, worker, claim.c.worker == worker.c.id, isouter=True)
        .where(
            claim.c.workflow == rows.workflow_name,
            claim.c.worker.is_not(None),
            _is_dead(worker, now),
        )
        .order_by(claim.c.worker, claim.c.item)
        .limit(given("limit", Integer, literal_execute=True))
        .with_for_update(of=claim, skip_locked=True)
    )


def count_lost(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """How many claims `lock_lost` would find, locked or not. Column: ``lost``."""
    claim, worker = ledger.claim, ledger.worker
    return (
        select(func.count().label("lost"))
        .join_from(claim, worker, claim.c.worker == worker.c.id, isouter=True)
        .where(claim.c.workflow == rows.workflow_name, claim.c.worker.is_not(None), _is_dead(worker, now))
    )


def count_orphans(rows: Rows, ledger: Ledger) -> Select[*tuple[Any, ...]]:
    """How many rows are in processing with no claim. Column: ``orphans``."""
    return select(func.count().label("orphans")).where(
        rows.has(Role.PROCESSING), rows.of_model, _unclaimed(rows, ledger)
    )


def adopt_orphans(rows: Rows, ledger: Ledger, now: ColumnElement[Any], *, everything: bool) -> Select[*tuple[Any, ...]]:
    """Put rows that are in processing, and that nobody has a claim on, back to queued.

    Parameters: ``reason``, ``limit`` (a literal), and the array ``item``, unless every row is looked at.

    Returns:
        Columns: ``item``, ``token``.
    """
    # The insert is the test, as for a claim: what has a claim by now, seen by this statement or not, stays as it is.
    claim = ledger.claim
    where = rows.has(Role.PROCESSING) if everything else and_(rows.among_items(), rows.is_still(Role.PROCESSING))
    orphans = (
        select(*rows.key, rows.item().label("curation_item"))
        .where(where, rows.of_model, _unclaimed(rows, ledger))
        .limit(given("limit", Integer, literal_execute=True))
        .with_for_update(skip_locked=True, key_share=True)
        .cte("curation_orphans")
    )
    fresh = select(orphans.c.curation_item, ledger.token.next_value().label("curation_token")).subquery(
        "curation_fresh"
    )
    nothing = literal(0, literal_execute=True)
    adopted = (
        pg_insert(claim)
        .from_select(
            ["workflow", "item", "token", "queueing", "attempt", "claimed_at", "retry_at", "error"],
            select(
                rows.workflow_name,
                fresh.c.curation_item,
                fresh.c.curation_token,
                fresh.c.curation_token,
                nothing,
                now,
                now,
                given("reason", Text),
            ),
        )
        .on_conflict_do_nothing(index_elements=["workflow", "item"])
        .returning(claim.c.item, claim.c.token)
        .cte("curation_adopted")
    )
    chosen = select(orphans).where(orphans.c.curation_item == adopted.c.item).subquery("curation_chosen")
    values: dict[Any, Any] = {rows.status: rows.word(Role.QUEUED)}
    if rows.error is not None:
        values[rows.error] = rows.as_stored(given("reason", Text), rows.error)
    moved = (
        update(rows.table)
        .where(rows.among(chosen))
        .values(rows.changing(values))
        .returning(rows.item().label("item"))
        .cte("curation_moved")
    )
    return select(adopted.c.item, adopted.c.token).where(adopted.c.item == moved.c.item)


def drop_unwanted_waiting(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> ReturningDelete[str]:
    """Drop due waiting claims whose row is no longer queued or wanted: a person changed or deleted it.

    Returns:
        Column: ``item``.
    """
    claim = ledger.claim
    return (
        delete(claim)
        .where(
            claim.c.workflow == rows.workflow_name,
            claim.c.worker.is_(None),
            claim.c.retry_at <= now,
            # A sub-select for a value stays one probe for each claim; NOT EXISTS may become a join over the table.
            select(literal(True, literal_execute=True))
            .where(rows.is_item(claim.c.item), rows.is_still(Role.QUEUED), rows.wanted)
            .scalar_subquery()
            .is_(None),
        )
        .returning(claim.c.item)
    )


def forget_dead_workers(ledger: Ledger, now: ColumnElement[Any]) -> Delete:
    """Delete the rows of dead workers that hold nothing any more.

    A worker that comes back finds its row gone, and starts again under a new id.
    """
    worker, claim = ledger.worker, ledger.claim
    return delete(worker).where(
        _is_silent(worker, now),
        ~exists(select(claim.c.item).where(claim.c.worker == worker.c.id)),
    )


def prune_history(ledger: Ledger, now: ColumnElement[Any]) -> Delete:
    """Delete history older than the parameter ``history_for``."""
    attempt = ledger.attempt
    return delete(attempt).where(attempt.c.settled_at < now - given("history_for", Interval))


def _is_dead(worker: FromClause, now: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(worker.c.id.is_(None), _is_silent(worker, now))


def _is_silent(worker: FromClause, now: ColumnElement[Any]) -> ColumnElement[bool]:
    # By its own measure: hosts may be set differently, and each beats as often as its own says.
    return worker.c.heartbeat_at < now - worker.c.lost_after


def _unclaimed(rows: Rows, ledger: Ledger) -> ColumnElement[bool]:
    claim = ledger.claim
    # A sub-select for a value stays one probe for each row; NOT EXISTS may become a join over the table.
    probe = select(literal(True, literal_execute=True)).where(
        claim.c.workflow == rows.workflow_name, claim.c.item == rows.item()
    )
    return probe.correlate(rows.table).scalar_subquery().is_(None)


def _process(worker: ColumnElement[Any]) -> ColumnElement[str]:
    """The half of a worker id that all ids of a process have in common, as text."""
    return func.left(cast(worker, Text), literal(18, literal_execute=True))
