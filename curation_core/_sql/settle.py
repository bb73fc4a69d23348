"""Settle a group of items: fence by the claim, move the status, write the history. One transaction runs all of them.

Every statement after a claim names the claim: its token and its worker. What no longer holds its claim changes nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Delete,
    Double,
    Insert,
    Integer,
    Interval,
    Select,
    SmallInteger,
    Text,
    Update,
    Uuid,
    and_,
    any_,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate
from sqlalchemy.sql.selectable import TableValuedAlias

from curation_core._sql.rows import Rows, arrays, given
from curation_core.ledger import Ledger
from curation_core.states import Role


def drop_if_held(rows: Rows, ledger: Ledger) -> ReturningDelete[str]:
    """End the claims that are still held: the fence of everything that completes, skips or fails.

    Parameters: ``worker``, and the arrays ``item``, ``token``.

    Returns:
        Column: ``item``, of those that were held.
    """
    fenced = arrays("fenced", item=Text, token=BigInteger)
    return delete(ledger.claim).where(_held(rows, ledger, fenced)).returning(ledger.claim.c.item)


def rearm_if_held(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> ReturningUpdate[str]:
    """Turn the claims that are still held into waiting ones: the fence of retry, release and rescue.

    Parameters: ``worker``, and the arrays ``item``, ``token``, ``wait`` (how long), ``error``, ``charge`` (added to the
    attempts: -1 takes this one back), ``lost_more`` (added to the times its worker died).

    Returns:
        Column: ``item``, of those that were held.
    """
    fenced = arrays(
        "fenced", item=Text, token=BigInteger, wait=Interval, error=Text, charge=Integer, lost_more=SmallInteger
    )
    claim = ledger.claim
    return (
        update(claim)
        .where(_held(rows, ledger, fenced))
        .values(
            worker=null(),
            token=ledger.token.next_value(),
            retry_at=now + fenced.c.wait,
            error=func.nullif(fenced.c.error, literal("", literal_execute=True)),
            attempt=claim.c.attempt + fenced.c.charge,
            lost=claim.c.lost + fenced.c.lost_more,
        )
        .returning(claim.c.item)
    )


def move_if_processing(rows: Rows, role: Role, *, with_error: bool) -> ReturningUpdate[str]:
    """Move rows from processing to another role, where a person still wants them worked and has not moved them.

    Parameters: the array ``item``; with ``with_error``, where the workflow has an error column, also ``error``.

    Returns:
        Column: ``item``, of those that moved.
    """
    values: dict[Any, Any] = {rows.status: rows.word(role)}
    moved = update(rows.table).where(rows.has(Role.PROCESSING), rows.wanted)
    if with_error and rows.error is not None:
        found = arrays("found", item=Text, error=Text)
        # An explicit cast cuts the text to what a varchar(n) holds; an assignment would fail the whole group.
        values[rows.error] = rows.as_stored(found.c.error, rows.error)
        moved = moved.where(rows.is_item(found.c.item))
    else:
        moved = moved.where(rows.among_items())
    return moved.values(values).returning(rows.item().label("item"))


def give_back_unwanted(rows: Rows) -> Update:
    """Put rows back to queued whose human intent was withdrawn while they ran.

    Parameters: the array ``item``.
    """
    return (
        update(rows.table)
        .where(rows.among_items(), rows.has(Role.PROCESSING))
        .values({rows.status: rows.word(Role.QUEUED)})
    )


def drop_waiting(rows: Rows, ledger: Ledger) -> Delete:
    """Drop waiting claims whose row turned out not to wait: a person moved it.

    Parameters: the array ``item``.
    """
    claim = ledger.claim
    return delete(claim).where(
        claim.c.workflow == rows.workflow_name,
        claim.c.item == any_(given("item", ARRAY(Text))),
        claim.c.worker.is_(None),
    )


def record(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> Insert:
    """Append to the history.

    Parameters: ``worker``, and the arrays ``item``, ``token``, ``attempt``, ``claimed_at``, ``seconds``, ``outcome``,
    ``reason``.
    """
    attempt = ledger.attempt
    ended = arrays(
        "ended",
        item=Text,
        token=BigInteger,
        attempt=Integer,
        claimed_at=attempt.c.claimed_at.type,
        seconds=Double,
        outcome=Text,
        reason=Text,
    )
    return insert(attempt).from_select(
        ["workflow", "worker", "settled_at", *(c.name for c in ended.c)],
        select(rows.workflow_name, given("worker", Uuid), now, *ended.c),
    )


def recorded(rows: Rows, ledger: Ledger) -> Select[*tuple[Any, ...]]:
    """Which claims the history knows as ended. Parameters: the arrays ``item``, ``token``. Column: ``token``."""
    attempt = ledger.attempt
    asked = arrays("asked", item=Text, token=BigInteger)
    return select(attempt.c.token).where(
        attempt.c.workflow == rows.workflow_name, attempt.c.item == asked.c.item, attempt.c.token == asked.c.token
    )


def notify(channel: str) -> Any:
    """Wake the hosts. Parameter: ``workflows``, names with commas between them."""
    return select(func.pg_notify(literal(channel, literal_execute=True), given("workflows", Text)))


def plan_as_anywhere() -> Any:
    """Give a plugin's own statements the planner they would have in any other connection, until the commit."""
    on, auto = (literal(word, literal_execute=True) for word in ("on", "auto"))
    local = literal(True, literal_execute=True)
    names = [literal(name, literal_execute=True) for name in ("enable_seqscan", "plan_cache_mode")]
    return select(func.set_config(names[0], on, local), func.set_config(names[1], auto, local))


def _held(rows: Rows, ledger: Ledger, fenced: TableValuedAlias) -> ColumnElement[bool]:
    claim = ledger.claim
    return and_(
        claim.c.workflow == rows.workflow_name,
        claim.c.item == fenced.c.item,
        claim.c.token == fenced.c.token,
        claim.c.worker == given("worker", Uuid),
    )
