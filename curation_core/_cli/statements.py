"""The engine's statements about one workflow, written out as PostgreSQL is sent them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql import ClauseElement

from curation_core._sql import claim, decide, operate, rescue, settle
from curation_core._sql.cursor import Cursor, segments
from curation_core._sql.rows import Rows
from curation_core._store.store import clock
from curation_core.ledger import Ledger
from curation_core.settings import DatabaseSettings
from curation_core.states import Role

_LITERAL = re.compile(r"__\[POSTCOMPILE_(\w+?)(?:~~.*?~~)?\]")  # what SQLAlchemy writes into the text on execution


def statements(rows: Rows, settings: DatabaseSettings) -> Iterator[tuple[str, ClauseElement]]:
    """Each statement with its purpose, in the order of an item's life.

    Args:
        rows: The workflow's rows.
        settings: The schema of the engine's tables, and the clock.
    """
    ledger, now = Ledger(settings.ledger_schema), clock(settings.clock)
    yield "queue rows that a person names", operate.queue(rows, everything=False)
    if rows.workflow.selection is not None:
        yield "select: lock the rows that a person decides about", decide.lock_decided(rows)
        for decision in rows.workflow.selection.selects:
            yield (
                f"select: decide on {rows.stored_decision(decision)!r}, and queue",
                decide.queue_selected(rows, decision),
            )
    for segment, stretch in enumerate(segments(rows)):
        for after in (None, (None,) * len(rows.ordering)):
            where = f"the first {stretch}" if after is None else f"{stretch} behind the cursor"
            yield f"claim: {where}", claim.claim_fresh(rows, ledger, now, Cursor(segment, after))
    yield "claim: rows whose wait is over", claim.claim_due(rows, ledger, now)
    yield "claim: a row that is to run alone", claim.claim_due(rows, ledger, now, suspects=True)
    yield "settle: drop the claims that are still held", settle.drop_if_held(rows, ledger)
    yield "settle: re-arm those that are tried again", settle.rearm_if_held(rows, ledger, now)
    for role, _ in rows.workflow.states:
        if role is not Role.PROCESSING:
            moved = settle.move_if_processing(rows, role, with_error=rows.error is not None)
            yield f"settle: processing to {role}, unless a person moved the row", moved
    yield "settle: give back rows that are no longer wanted", settle.give_back_unwanted(rows)
    yield "settle: history", settle.record(rows, ledger, now)
    yield "rescue: lock the claims of dead workers", rescue.lock_lost(rows, ledger, now)
    yield (
        "rescue: queue rows in processing that nothing has a claim on",
        rescue.adopt_orphans(rows, ledger, now, everything=True),
    )
    yield "rescue: drop waits for rows that a person moved", rescue.drop_unwanted_waiting(rows, ledger, now)


def written(statement: Any, batch_size: int) -> str:
    """A statement as text, with a first line that names its parameters.

    Args:
        statement: One of `statements`.
        batch_size: The literal of its ``LIMIT``.
    """
    compiled = statement.compile(dialect=asyncpg.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy's own gap

    def literal(found: re.Match[str]) -> str:
        bound = compiled.binds[found[1]]
        value = batch_size if bound.key == "curation_limit" else bound.effective_value
        text: str = compiled.render_literal_value(value, bound.type)
        return text

    literals = {compiled.bind_names[bound] for bound in compiled.literal_execute_params}
    text = _LITERAL.sub(literal, str(compiled))
    names = [name.removeprefix("curation_") for name in compiled.positiontup or () if name not in literals]
    parameters = ", ".join(f"${at} {name}" for at, name in enumerate(names, start=1))
    return (f"-- {parameters}\n" if parameters else "") + text
