"""Rows in processing without a claim: an older system left them, or their claims are gone without a trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from curation_core._sql import rescue, settle
from curation_core._sql.rows import Rows, named
from curation_core.ledger import Ledger

NOBODY = UUID(int=0)
"""Their worker, in the history."""

ADOPT_AT_ONCE = 1000
"""Rows put back to queued in one transaction at most."""


async def adopt(
    connection: AsyncConnection,
    rows: Rows,
    ledger: Ledger,
    now: ColumnElement[Any],
    reason: str,
    items: Sequence[str] | None = None,
) -> int:
    """Put such rows back to queued, in the connection's transaction. What somebody holds stays as it is.

    Args:
        connection: In a transaction.
        rows: The workflow's rows.
        ledger: The engine's tables.
        now: The SQL expression for the present.
        reason: For the history, and for the error column.
        items: Only these; ``None`` for all there are.

    Returns:
        How many were queued, `ADOPT_AT_ONCE` at most.
    """
    statement = rescue.adopt_orphans(rows, ledger, now, everything=items is None)
    chosen = named(reason=reason, limit=ADOPT_AT_ONCE) | ({} if items is None else named(item=list(items)))
    found = (await connection.execute(statement, chosen)).all()
    if not found:
        return 0
    at = (await connection.execute(select(now))).scalar_one()
    same: dict[str, Any] = {"attempt": 0, "claimed_at": at, "seconds": 0.0, "outcome": "orphaned", "reason": reason}
    columns = {name: [value] * len(found) for name, value in same.items()}
    keys = {"item": [row.item for row in found], "token": [row.token for row in found]}
    await connection.execute(settle.record(rows, ledger, now), named(worker=NOBODY, **keys, **columns))
    await connection.execute(settle.notify(ledger.schema), named(workflows=rows.name))
    return len(found)
