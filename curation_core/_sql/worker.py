"""A process among the workers: registered once, alive by its heartbeat, gone when it says so."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Delete, Insert, Update, Uuid, delete, insert, update

from curation_core._sql.rows import given
from curation_core.ledger import Ledger


def register(ledger: Ledger, now: ColumnElement[Any]) -> Insert:
    """Add a worker. Parameters: ``id``, ``host``, ``pid``, ``version``, ``workflows``, ``lost_after``."""
    return insert(ledger.worker).values(
        **{name: given(name, ledger.worker.c[name].type) for name in _GIVEN},
        started_at=now,
        heartbeat_at=now,
    )


def beat(ledger: Ledger, now: ColumnElement[Any]) -> Update:
    """Say that a worker lives. Parameter: ``worker``. No row back means that it was declared dead.

    Returns:
        Column: ``id``.
    """
    worker = ledger.worker
    return update(worker).where(worker.c.id == given("worker", Uuid)).values(heartbeat_at=now).returning(worker.c.id)


def leave(ledger: Ledger) -> Delete:
    """Remove a worker that has given everything back. Parameter: ``worker``."""
    return delete(ledger.worker).where(ledger.worker.c.id == given("worker", Uuid))


_GIVEN = ("id", "host", "pid", "version", "workflows", "lost_after")
