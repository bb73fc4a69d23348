"""Claim rows: fresh ones from a window of the table, and those whose wait for a retry is over.

Each is one statement, and so one transaction. A row is won by its row in the claim table; only what was won is
set to processing. PostgreSQL's `SKIP LOCKED` keeps claimers from waiting for each other.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Interval,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.sql.dml import ReturningUpdate

from curation_core._sql.cursor import Cursor, beyond
from curation_core._sql.rows import Rows, given, row_number
from curation_core.claims import MAX_LOST
from curation_core.ledger import Ledger
from curation_core.states import Role

WORKER = given("worker", Uuid)


def claim_fresh(rows: Rows, ledger: Ledger, now: ColumnElement[Any], cursor: Cursor) -> Select[*tuple[Any, ...]]:
    """Claim queued rows behind the cursor.

    Parameters: ``worker``, ``limit`` (a literal: a bound limit makes the planner expect a tenth of the table), and
    the cursor's.

    Returns:
        Columns: the table's (null where the window held nothing to win), ``item``,
        ``token``, ``queueing``, ``attempt``, ``lost``, ``claimed_at``; then, the same in each row, ``scanned`` (rows
        in the window) and the order columns of the window's last row, as text. No row at all means an empty window.
    """
    window = _window(rows, ledger, now, cursor)
    fresh = select(
        rows.workflow_name, window.c.curation_item, ledger.token.next_value().label("curation_token")
    ).subquery("curation_fresh")
    # The insert is the test whether a row is claimed or waiting. A join would have to be planned, and is planned wrong
    # as soon as the claim table has grown since; the conflict is found by the primary key, always.
    won = (
        pg_insert(ledger.claim)
        .from_select(
            ["workflow", "item", "token", "queueing", "worker", "attempt", "claimed_at"],
            select(
                fresh.c[0],
                fresh.c.curation_item,
                fresh.c.curation_token,
                fresh.c.curation_token,
                WORKER,
                literal(1, literal_execute=True),
                now,
            ),
        )
        .on_conflict_do_nothing(index_elements=["workflow", "item"])
        .returning(ledger.claim)
        .cte("curation_won")
    )
    chosen = select(window).where(window.c.curation_item == won.c.item).subquery("curation_chosen")
    moved = _to_processing(rows, chosen)
    numbered = select(window, row_number().label("curation_scanned")).subquery("curation_numbered")
    last = (
        select(numbered)
        .order_by(numbered.c.curation_scanned.desc())
        .limit(literal(1, literal_execute=True))
        .subquery("curation_last")
    )
    return (
        select(
            *_columns(rows, moved),
            *_claim_columns(won),
            last.c.curation_scanned,
            *(cast(last.c[order.column.key], Text).label(f"last_{at}") for at, order in enumerate(rows.ordering)),
        )
        .select_from(last)
        .outerjoin(moved.join(won, rows.item(moved) == won.c.item), true())
    )


def first_fresh(rows: Rows, ledger: Ledger, now: ColumnElement[Any], cursor: Cursor) -> Select[*tuple[Any, ...]]:
    """The row that a claim of one would begin with. Parameters: ``limit`` (1), and the cursor's.

    Returns:
        Columns: ``item``, and the order columns, as text.
    """
    window = _window(rows, ledger, now, cursor)
    last = (cast(window.c[order.column.key], Text).label(f"last_{at}") for at, order in enumerate(rows.ordering))
    return select(window.c.curation_item, *last)


def _window(rows: Rows, ledger: Ledger, now: ColumnElement[Any], cursor: Cursor) -> CTE:
    # FOR NO KEY UPDATE: FOR UPDATE would skip every row that somebody's uncommitted child row points at.
    return (
        select(*(order.column for order in rows.ordering), *_beside(rows), rows.item().label("curation_item"))
        .where(rows.has(Role.QUEUED), rows.wanted, beyond(rows, cursor), ~paused(rows, ledger, now))
        .order_by(*(order.column.desc() if order.descending else order.column.asc() for order in rows.ordering))
        .limit(given("limit", Integer, literal_execute=True))
        .with_for_update(skip_locked=True, key_share=True)
        .cte("curation_seen")
    )


def claim_due(
    rows: Rows, ledger: Ledger, now: ColumnElement[Any], *, suspects: bool = False
) -> Select[*tuple[Any, ...]]:
    """Claim queued rows whose wait for a retry is over, the longest due first.

    Parameters: ``worker``, ``limit`` (a literal).

    Args:
        rows: The workflow's rows.
        ledger: The engine's tables.
        now: The SQL expression for the present.
        suspects: Those that are to run alone, since their worker died once more than others' may; else all others.

    Returns:
        Columns as in `claim_fresh`, up to ``claimed_at``.
    """
    claim = ledger.claim
    due = _due(rows, ledger, now, suspects=suspects)
    won = (
        update(claim)
        .where(
            claim.c.workflow == rows.workflow_name,
            claim.c.item == any_(func.array(select(due.c.curation_item).scalar_subquery())),
        )
        .values(
            worker=WORKER,
            token=ledger.token.next_value(),
            attempt=claim.c.attempt + literal(1, literal_execute=True),
            claimed_at=now,
            retry_at=null(),
            error=null(),
        )
        .returning(claim)
        .cte("curation_won")
    )
    chosen = select(due).where(due.c.curation_item == won.c.item).subquery("curation_chosen")
    moved = _to_processing(rows, chosen)
    return select(*_columns(rows, moved), *_claim_columns(won)).select_from(
        moved.join(won, rows.item(moved) == won.c.item)
    )


def postpone_due(rows: Rows, ledger: Ledger, now: ColumnElement[Any], *, suspects: bool) -> ReturningUpdate[str]:
    """Let the row wait on with which `claim_due` would begin. Parameters: ``limit`` (1), ``wait``. Column: ``item``."""
    claim = ledger.claim
    due = _due(rows, ledger, now, suspects=suspects)
    return (
        update(claim)
        .where(
            claim.c.workflow == rows.workflow_name,
            claim.c.item == any_(func.array(select(due.c.curation_item).scalar_subquery())),
        )
        .values(retry_at=now + given("wait", Interval))
        .returning(claim.c.item)
    )


def _due(rows: Rows, ledger: Ledger, now: ColumnElement[Any], *, suspects: bool) -> CTE:
    waiting = ledger.claim.alias("curation_waiting")
    return (
        select(*rows.key, waiting.c.item.label("curation_item"))
        .join_from(waiting, rows.table, rows.is_item(waiting.c.item))
        .where(
            waiting.c.workflow == rows.workflow_name,
            waiting.c.worker.is_(None),
            waiting.c.retry_at <= now,
            is_suspect(waiting) if suspects else ~is_suspect(waiting),
            rows.is_still(Role.QUEUED),
            rows.wanted,
            ~paused(rows, ledger, now),
        )
        .order_by(waiting.c.retry_at)
        .limit(given("limit", Integer, literal_execute=True))
        .with_for_update(skip_locked=True, key_share=True, of=[waiting, rows.table])
        .cte("curation_due")
    )


def is_suspect(claim: FromClause) -> ColumnElement[bool]:
    """The condition that a row is lost for good if its worker dies once more."""
    return claim.c.lost >= literal(MAX_LOST - 1, literal_execute=True)


def suspects_due(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Whether rows that are to run alone are due. Column: a truth value."""
    claim = ledger.claim
    due = (claim.c.workflow == rows.workflow_name, claim.c.worker.is_(None), claim.c.retry_at <= now, is_suspect(claim))
    return select(exists(select(claim.c.item).where(*due)).label("due"))


def claims_held(rows: Rows, ledger: Ledger) -> Select[*tuple[Any, ...]]:
    """The live claims of a worker. Parameter: ``worker``. Columns as in `claim_fresh`, without the item's."""
    claim = ledger.claim
    return select(*_claim_columns(claim)).where(claim.c.workflow == rows.workflow_name, claim.c.worker == WORKER)


def still_held(rows: Rows, ledger: Ledger) -> Select[*tuple[Any, ...]]:
    """Whether a claim is held and its row still in processing. Parameters: ``worker``, ``item``, ``token``.

    Column: a truth value.
    """
    claim = ledger.claim
    held = (
        select(claim.c.item)
        .join_from(claim, rows.table, rows.is_item(claim.c.item))
        .where(
            claim.c.workflow == rows.workflow_name,
            claim.c.item == given("item", Text),
            claim.c.token == given("token", BigInteger),
            claim.c.worker.is_not_distinct_from(WORKER),
            rows.is_still(Role.PROCESSING),
        )
    )
    return select(exists(held).label("held"))


def _beside(rows: Rows) -> list[ColumnElement[Any]]:
    ordered = {order.column.name for order in rows.ordering}
    return [column for column in rows.key if column.name not in ordered]


def _claim_columns(won: FromClause) -> list[ColumnElement[Any]]:
    names = ("item", "token", "queueing", "attempt", "lost", "claimed_at")
    return [won.c[name].label(f"claim_{name}") for name in names]


def _to_processing(rows: Rows, chosen: Any) -> CTE:
    values: dict[Any, Any] = {rows.status: rows.word(Role.PROCESSING)}
    if rows.error is not None:
        values[rows.error] = rows.no_error
    return (
        update(rows.table)
        .where(rows.among(chosen))
        .values(rows.changing(values))
        .returning(*rows.table.c, _worked(rows))
        .cte("curation_moved")
    )


def _worked(rows: Rows) -> ColumnElement[int]:
    """Fails the claim of a row that is not to be worked once it is claimed: a trigger saw to that.

    It would be claimed again and again, paid for each time, and nothing of it kept.
    """
    undone = func.concat(
        literal("", literal_execute=True),
        rows.item(),
        literal(": a trigger undoes its claim, or its claim makes `where` untrue", literal_execute=True),
    )
    worked = and_(rows.is_still(Role.PROCESSING), rows.wanted)
    return cast(case((worked, literal("0", literal_execute=True)), else_=undone), Integer).label("curation_worked")


def _columns(rows: Rows, moved: CTE) -> list[ColumnElement[Any]]:
    return [moved.c[column.key] for column in rows.table.c]


def paused(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that the workflow is held back."""
    control = ledger.control
    return exists().where(control.c.workflow == rows.workflow_name, control.c.paused_until > now)
