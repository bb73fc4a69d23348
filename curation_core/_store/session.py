"""The session that ``save_result`` gets: the settle's transaction, which the plugin may fill but not end."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

from sqlalchemy import Connection, Table, event
from sqlalchemy.dialects.postgresql import Insert as PgInsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql.dml import Insert, Update

from curation_core.errors import CurationError

_SAVING = "curation_saving"
_ENDING = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:commit|end|abort|rollback(?!\s+to\b)|begin|start\s+transaction|prepare\s+transaction)\b",
    re.IGNORECASE | re.DOTALL,
)
_SETTING = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:set\s+(?!local\b|constraints\b|transaction\b)|reset\b|discard\b)",
    re.IGNORECASE | re.DOTALL,
)


class TransactionError(CurationError):
    """``save_result`` tried to end the settle's transaction, or to change what outlives it."""


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


def guard(engine: AsyncEngine) -> None:
    """Let no statement of a plugin end the settle's transaction: a group's status would be there without its effects.

    This is against accidents. A plugin that means to do it can.
    """

    def refuse_commit(connection: Connection) -> None:
        if not connection.invalidated and connection.info.get(_SAVING):
            _refuse("end the transaction of")

    def refuse_statement(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if connection.info.get(_SAVING) and _ENDING.match(statement):
            _refuse("end the transaction of")
        if connection.info.get(_SAVING) and _SETTING.match(statement):
            message = (
                "save_result must not change the settings of its connection, which others use next: "
                "SET LOCAL lasts as long as the transaction"
            )
            raise TransactionError(message)

    event.listen(engine.sync_engine, "commit", refuse_commit)
    event.listen(engine.sync_engine, "before_cursor_execute", refuse_statement)


@asynccontextmanager
async def settle_session(connection: AsyncConnection) -> AsyncIterator[AsyncSession]:
    """A session on the settle's open transaction, which it can't end."""
    info = connection.sync_connection.info if connection.sync_connection is not None else {}
    session = AsyncSession(bind=connection, sync_session_class=SettleSession, expire_on_commit=False)
    info[_SAVING] = True
    try:
        yield session
    finally:
        info.pop(_SAVING, None)
        await session.run_sync(Session.close)


def tables_written(session: AsyncSession) -> set[str]:
    """The full names of the tables that a `settle_session` inserted into or updated."""
    sync = session.sync_session
    return sync.written if isinstance(sync, SettleSession) else set()
