"""The session that ``save_result`` gets: the settle's transaction, which the plugin may fill but not end."""

from __future__ import annotations

from typing import Any, NoReturn

from sqlalchemy import Table, event
from sqlalchemy.dialects.postgresql import Insert as PgInsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql.dml import Insert, Update

from curation_core.errors import CurationError


class TransactionError(CurationError):
    """``save_result`` tried to end the settle's transaction."""


class SettleSession(Session):
    """A session that cannot commit, roll back or close, and knows which tables it wrote."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.written: set[str] = set()

    def commit(self) -> NoReturn:
        """Refuse: the engine commits the status and the plugin's writes together."""
        _refuse("commit")

    def rollback(self) -> NoReturn:
        """Refuse: raise instead, and the engine rolls back."""
        _refuse("roll back")

    def close(self) -> NoReturn:
        """Refuse: other items of the group still need it."""
        _refuse("close")


def _refuse(verb: str) -> NoReturn:
    message = f"save_result must not {verb} its session: the engine commits the status and its writes together"
    raise TransactionError(message)


@event.listens_for(SettleSession, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    statement = state.statement
    if isinstance(statement, (Insert, PgInsert, Update)) and isinstance(statement.table, Table):
        state.session.written.add(statement.table.fullname)  # type: ignore[attr-defined]  # listened for on our class


@event.listens_for(SettleSession, "after_flush")
def _note_flush(session: SettleSession, _context: Any) -> None:
    for instance in (*session.new, *session.dirty):
        session.written.add(instance.__table__.fullname)


def settle_session(connection: AsyncConnection) -> AsyncSession:
    """A session on the settle's open transaction."""
    return AsyncSession(bind=connection, sync_session_class=SettleSession, expire_on_commit=False)


def tables_written(session: AsyncSession) -> set[str]:
    """The full names of the tables that a `settle_session` inserted into or updated."""
    sync = session.sync_session
    return sync.written if isinstance(sync, SettleSession) else set()


async def end(session: AsyncSession) -> None:
    """Let go of a `settle_session` without touching its transaction."""
    await session.run_sync(Session.close)
