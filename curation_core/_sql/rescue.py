"""Find what dead workers left, and waiting claims that nobody waits for any more."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Integer,
    Interval,
    Select,
    delete,
    exists,
    literal,
    or_,
    select,
)
from sqlalchemy.sql.dml import ReturningDelete

from curation_core._sql.rows import Rows, given
from curation_core.ledger import Ledger
from curation_core.states import Role


def lock_lost(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Lock the live claims of workers that are gone or have not been heard of for too long.

    Parameters: ``lost_after``, ``limit`` (a literal).

    Returns:
        Columns: the claim's, and ``heartbeat_at``, ``host``, ``pid`` of its worker (null where its row is gone).
    """
    claim, worker = ledger.claim, ledger.worker
    return (
        select(claim, worker.c.heartbeat_at, worker.c.host, worker.c.pid)
        .join_from(claim, worker, claim.c.worker == worker.c.id, isouter=True)
        .where(
            claim.c.workflow == rows.workflow_name,
            claim.c.worker.is_not(None),
            or_(
                worker.c.id.is_(None),
                worker.c.heartbeat_at < now - given("lost_after", Interval),
            ),
        )
        .order_by(claim.c.worker, claim.c.item)
        .limit(given("limit", Integer, literal_execute=True))
        .with_for_update(of=claim, skip_locked=True)
    )


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

    Parameter: ``lost_after``. A worker that comes back finds its row gone, and starts again under a new id.
    """
    worker, claim = ledger.worker, ledger.claim
    return delete(worker).where(
        worker.c.heartbeat_at < now - given("lost_after", Interval),
        ~exists(select(claim.c.item).where(claim.c.worker == worker.c.id)),
    )


def prune_history(ledger: Ledger, now: ColumnElement[Any]) -> Delete:
    """Delete history older than the parameter ``history_for``."""
    attempt = ledger.attempt
    return delete(attempt).where(attempt.c.settled_at < now - given("history_for", Interval))
