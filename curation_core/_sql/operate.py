"""What a person does to rows and workflows from the command line, and what they look at."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Update,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
    update,
)

from curation_core._sql import claim as claim_sql
from curation_core._sql.rows import Rows
from curation_core.ledger import Ledger
from curation_core.states import Role


def queue(rows: Rows, *, everything: bool) -> Update:
    """Queue rows that a person chose.

    Parameter: the array ``item``, unless everything is queued.

    Args:
        rows: The workflow's rows.
        everything: All rows that are wanted and were never worked or have failed: not those that are queued,
            processing, completed or skipped. A row that is named by its key is queued whatever it was, unless it is
            queued or processing already.

    Returns:
        Column: ``item``, of those that are queued now and were not before.
    """
    values: dict[Any, Any] = {rows.status: rows.word(Role.QUEUED)}
    if rows.error is not None:
        values[rows.error] = rows.no_error
    untouched = [Role.QUEUED, Role.PROCESSING]
    states = rows.workflow.states
    if everything:
        untouched.append(Role.COMPLETED)
    if everything and states.skipped not in (None, states.failed):
        untouched.append(Role.SKIPPED)
    different = [~rows.has(role) for role in untouched]
    chosen = rows.wanted if everything else rows.among_items()
    return (
        update(rows.table)
        .where(chosen, or_(rows.status.is_(None), and_(*different)))
        .values(rows.changing(values))
        .returning(rows.item().label("item"))
    )


def count_by_status(rows: Rows) -> Select[*tuple[Any, ...]]:
    """How many rows have which status. Columns: ``status`` (as text, null for none), ``rows``."""
    return select(cast(rows.status, Text).label("status"), func.count().label("rows")).group_by(rows.status)


def any_left(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Whether a row of a workflow that is not paused is queued, locked by somebody or not. Column: a truth value."""
    return select(
        exists(
            select(rows.status).where(rows.has(Role.QUEUED), rows.wanted, ~claim_sql.paused(rows, ledger, now))
        ).label("left")
    )


def claims_of(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """What is in hand.

    Returns:
        Columns: ``live``, ``waiting``, ``oldest`` (seconds since the oldest live claim), ``next_retry`` (seconds).
    """
    claim = ledger.claim
    live = claim.c.worker.is_not(None)
    return select(
        func.count().filter(live).label("live"),
        func.count().filter(~live).label("waiting"),
        func.extract("epoch", now - func.min(claim.c.claimed_at).filter(live)).label("oldest"),
        func.extract("epoch", func.min(claim.c.retry_at) - now).label("next_retry"),
    ).where(claim.c.workflow == rows.workflow_name)


def pause_of(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """The pause under way, if any. Columns: ``paused_until`` (as text), ``paused_by``, ``reason``."""
    control = ledger.control
    return select(
        cast(control.c.paused_until, Text).label("paused_until"), control.c.paused_by, control.c.reason
    ).where(control.c.workflow == rows.workflow_name, control.c.paused_until > now)


def workers_alive(ledger: Ledger, now: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """The workers. Columns: the table's, and ``silent`` (seconds since the last heartbeat)."""
    worker = ledger.worker
    silent = func.extract("epoch", now - worker.c.heartbeat_at).label("silent")
    return select(worker, silent).order_by(worker.c.started_at)
