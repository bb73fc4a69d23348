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
    cast,
    delete,
    func,
    literal,
    null,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate

from curation_core._sql.rows import Rows, arrays, given
from curation_core.ledger import Ledger
from curation_core.states import Role


def drop_if_held(rows: Rows, ledger: Ledger) -> ReturningDelete[str]:
    """End the claims that are still held: the fence of everything that completes, skips or fails.

    Parameters: ``worker``, and the arrays ``item``, ``token``.

    Returns:
        Column: ``item``, of those that were held.
    """
    claim = ledger.claim
    return delete(claim).where(_held(rows, ledger)).returning(claim.c.item)


def rearm_if_held(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> ReturningUpdate[str]:
    """Turn the claims that are still held into waiting ones: the fence of retry, release and rescue.

    Parameters: ``worker``, the arrays ``item``, ``token``, and ``change``, a JSON object that has for each item
    ``wait`` (seconds), ``error``, ``charge`` (added to the attempts: -1 takes this one back), ``lost`` (added to the
    times its worker died). An object and not arrays: to join them would have to be planned.

    Returns:
        Column: ``item``, of those that were held.
    """
    claim = ledger.claim
    change = given("change", JSONB).op("->", return_type=JSONB())(claim.c.item)
    seconds = cast(change["wait"].astext, Double)
    return (
        update(claim)
        .where(_held(rows, ledger))
        .values(
            worker=null(),
            token=ledger.token.next_value(),
            retry_at=now + seconds * cast(literal("1 second", literal_execute=True), Interval),
            error=func.nullif(change["error"].astext, literal("", literal_execute=True)),
            attempt=claim.c.attempt + cast(change["charge"].astext, Integer),
            lost=claim.c.lost + cast(change["lost"].astext, SmallInteger),
        )
        .returning(claim.c.item)
    )


def move_if_processing(rows: Rows, role: Role, *, with_error: bool) -> ReturningUpdate[str]:
    """Move rows from processing to another role, where a person still wants them worked and has not moved them.

    Parameters: the array ``item``; with ``with_error``, where the workflow has an error column, also ``error``, a
    JSON object of the items' reasons.

    Returns:
        Column: ``item``, of those that moved.
    """
    values: dict[Any, Any] = {rows.status: rows.word(role)}
    if with_error and rows.error is not None:
        # An explicit cast cuts the text to what a varchar(n) holds; an assignment would fail the whole group.
        values[rows.error] = rows.as_stored(
            given("error", JSONB).op("->>", return_type=Text())(rows.item()), rows.error
        )
    return (
        update(rows.table)
        .where(rows.among_items(), rows.is_still(Role.PROCESSING), rows.wanted)
        .values(rows.changing(values))
        .returning(rows.item().label("item"))
    )


def movable(rows: Rows) -> Select[*tuple[Any, ...]]:
    """Lock the rows that nobody else has locked. Parameter: the array ``item``. Column: ``item``."""
    return select(rows.item().label("item")).where(rows.among_items()).with_for_update(skip_locked=True, key_share=True)


def still_to_move(rows: Rows) -> Select[*tuple[Any, ...]]:
    """Which rows are in processing and wanted as before. Parameter: the array ``item``. Column: ``item``."""
    return select(rows.item().label("item")).where(rows.among_items(), rows.is_still(Role.PROCESSING), rows.wanted)


def there(rows: Rows) -> Select[*tuple[Any, ...]]:
    """Which rows there are. Parameter: the array ``item``. Column: ``item``."""
    return select(rows.item().label("item")).where(rows.among_items())


def failed_by_themselves(rows: Rows) -> Select[*tuple[Any, ...]]:
    """Which rows have the word for failed, and why.

    Parameter: the array ``item``. Columns: ``item``, ``reason`` (empty where the table has no column for it).
    """
    empty = literal("", literal_execute=True)
    reason = empty if rows.error is None else func.coalesce(cast(rows.error, Text), empty)
    return select(rows.item().label("item"), reason.label("reason")).where(
        rows.among_items(), rows.is_still(Role.FAILED)
    )


def give_back_unwanted(rows: Rows) -> Update:
    """Put rows back to queued whose human intent was withdrawn while they ran.

    Parameters: the array ``item``.
    """
    return (
        update(rows.table)
        .where(rows.among_items(), rows.is_still(Role.PROCESSING))
        .values(rows.changing({rows.status: rows.word(Role.QUEUED)}))
    )


def drop_waiting(rows: Rows, ledger: Ledger) -> Delete:
    """Drop the waits of rows that a person moved, or queued anew: they begin with their first attempt.

    Parameters: the array ``item``.
    """
    claim = ledger.claim
    return delete(claim).where(
        claim.c.workflow == rows.workflow_name,
        claim.c.item == any_(given("item", ARRAY(Text))),
        func.num_nulls(claim.c.worker) == literal(1, literal_execute=True),  # no index on it: found by the key alone
    )


def record(rows: Rows, ledger: Ledger, now: ColumnElement[Any]) -> Insert:
    """Append to the history. A line that is there already stays.

    Parameters: ``worker``, and the arrays ``item``, ``token``, ``attempt``, ``claimed_at``, ``seconds``, ``outcome``,
    ``reason``.
    """
    attempt = ledger.attempt
    ended = arrays(
        "curation_ended",
        item=Text,
        token=BigInteger,
        attempt=Integer,
        claimed_at=attempt.c.claimed_at.type,
        seconds=Double,
        outcome=Text,
        reason=Text,
    )
    appended = pg_insert(attempt).from_select(
        ["workflow", "worker", "settled_at", *(c.name for c in ended.c)],
        select(rows.workflow_name, given("worker", Uuid), now, *ended.c),
    )
    # A sequence that was not restored with the tables gives tokens out again: better a line less than a row for ever
    # in processing.
    return appended.on_conflict_do_nothing(index_elements=["workflow", "item", "token"])


def recorded(rows: Rows, ledger: Ledger) -> Select[*tuple[Any, ...]]:
    """How claims ended. Parameters: the arrays ``item``, ``token``. Columns: ``token``, ``outcome``."""
    attempt = ledger.attempt
    return select(attempt.c.token, attempt.c.outcome).where(
        attempt.c.workflow == rows.workflow_name,
        attempt.c.item == any_(given("item", ARRAY(Text))),
        attempt.c.token == any_(given("token", ARRAY(BigInteger))),
    )


def notify(channel: str) -> Any:
    """Wake the hosts. Parameter: ``workflows``, names with commas between them."""
    return select(func.pg_notify(literal(channel, literal_execute=True), given("workflows", Text)))


def give_up_on_locks_after() -> Any:
    """Wait for no lock longer than that, until the commit. Parameter: ``lock_timeout``, such as ``1s``."""
    name = literal("lock_timeout", literal_execute=True)
    return select(func.set_config(name, given("lock_timeout", Text), literal(True, literal_execute=True)))


def plan_as_anywhere() -> Any:
    """Give a plugin's own statements the planner they would have in any other connection, until the commit."""
    on, auto = (literal(word, literal_execute=True) for word in ("on", "auto"))
    local = literal(True, literal_execute=True)
    names = [literal(name, literal_execute=True) for name in ("enable_seqscan", "plan_cache_mode")]
    return select(func.set_config(names[0], on, local), func.set_config(names[1], auto, local))


def _held(rows: Rows, ledger: Ledger) -> ColumnElement[bool]:
    # The claims are found by the primary key and then tested, whatever the planner believes. A join to the pairs is
    # planned while the claim table is empty, and then compares every live claim with every pair; IS TRUE keeps the IN
    # from becoming one, and IS NOT DISTINCT FROM keeps the index on the worker out, whose entries for one worker are
    # all its dead ones too. Measured in docs/decisions/0002-stable-plans.md.
    claim = ledger.claim
    fenced = arrays("curation_fenced", item=Text, token=BigInteger)
    return and_(
        claim.c.workflow == rows.workflow_name,
        claim.c.item == any_(given("item", ARRAY(Text))),
        claim.c.worker.is_not_distinct_from(given("worker", Uuid)),
        tuple_(claim.c.item, claim.c.token).in_(select(*fenced.c)).is_(true()),
    )
