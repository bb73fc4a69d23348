"""Connections of the engine's own, with stable plans, and which errors mean that the database went away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from curation_core._store.session import guard

ANSWER_SHARE, ANSWER_WITHIN = 4, timedelta(seconds=15)
"""No statement of the engine waits longer for its answer than four times ``lost_after``, or this if it is more.

A connection can die without a word: a failover, or a NAT that forgets it. Nothing but a time limit tells that from a
slow statement. The server gives up first, at `SERVER_SHARE` of it, so that a slow statement costs no connection.
"""
SERVER_SHARE = 0.75
PATIENCE = timedelta(hours=1)
"""The same for a person's command, which may count a whole table, or alter one."""

CONNECT_WITHIN = 10
RECYCLE_AFTER = 300
"""Seconds after which a connection is made anew, and its plans with it: some were made when a table was still empty."""

PLUGIN_POOL = 4
"""Connections that one workflow's own sessions may hold: its short transactions must not use up the engine's."""
PLUGIN_STATEMENT = timedelta(seconds=30)

# A generic plan is made once, and the same for every array: a custom plan flips to a scan of the whole table as the
# batch grows. A sequential scan chosen while a table was empty stays in the plan when it no longer is.
# Measured in docs/decisions/0002-stable-plans.md.
_STABLE_PLANS = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "jit": "off"}
_FIXED_OUTPUT = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}

# 08: connection, 53: resources (too many connections, disk full), 57P: shutdown, crash, not yet up, idle session cut,
# 57014: cancelled by a timeout, 40001 and 40P01: serialization failure and deadlock, 25006: read-only after a
# fail-over, 25P03: idle in transaction for too long, 55P03: lock not available, 58: system error.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_NEVER_SENT = (DataError, IntegrityError, ProgrammingError, NotSupportedError)
_HINDERED = ("57014", "40001", "40P01")
_PASSING = ("08", "53", "57P", *_HINDERED, "25006", "25P03", "55P03", "58")

# 0A: not supported, 25: transaction state, 26, 3F, 42: names, syntax and types, XX: the server's own fault. But 42501,
# a right that is missing, is also what a policy on rows says of one.
_NO_ROWS_DOING = ("0A", "25", "26", "3F", "42", "XX")


def connect(
    url: str,
    *,
    pool_size: int = 10,
    pooler: bool = False,
    lost_after: timedelta,
    answer_within: timedelta | None = None,
) -> AsyncEngine:
    """Make the engine's pool of connections. Nothing is connected yet.

    Args:
        url: A SQLAlchemy URL of the asyncpg dialect.
        pool_size: How many connections at most.
        pooler: Behind a transaction pooler: no prepared statements and no settings of our own, both of which belong
            to a server session that is somebody else's a moment later.
        lost_after: A session that sits in a transaction for longer is cut by the server: a frozen process must not
            hold the locks that its rescue needs.
        answer_within: A statement without an answer by then has lost its connection; ``None``: see `ANSWER_WITHIN`.
    """
    answer_within = answer_within or max(ANSWER_WITHIN, ANSWER_SHARE * lost_after)
    settings = {
        "application_name": "curation",
        "default_transaction_isolation": "read committed",  # the statements are made for it
        **_FIXED_OUTPUT,
        **_STABLE_PLANS,
        "statement_timeout": _milliseconds(answer_within * SERVER_SHARE),
        "idle_in_transaction_session_timeout": _milliseconds(lost_after),
    }
    engine = _pool(url, pool_size, settings, pooler=pooler, answer_within=answer_within)
    guard(engine)
    return engine


def connect_for_plugin(url: str, workflow: str, *, pooler: bool, lost_after: timedelta) -> AsyncEngine:
    """Make the connections of a workflow's own sessions: few, with the planner that any other connection has.

    Args:
        url: A SQLAlchemy URL of the asyncpg dialect.
        workflow: Its name, which the server shows among its sessions.
        pooler: As for `connect`.
        lost_after: As for `connect`.
    """
    settings = {
        "application_name": f"curation {workflow}",
        "timezone": "UTC",
        "statement_timeout": _milliseconds(PLUGIN_STATEMENT),
        "idle_in_transaction_session_timeout": _milliseconds(lost_after),
    }
    return _pool(url, PLUGIN_POOL, settings, pooler=pooler, answer_within=PLUGIN_STATEMENT / SERVER_SHARE)


def _pool(url: str, size: int, settings: dict[str, str], *, pooler: bool, answer_within: timedelta) -> AsyncEngine:
    if pooler:
        arguments: dict[str, Any] = {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"curation_{uuid4().hex}",
        }
    else:
        arguments = {"server_settings": settings}
    engine = create_async_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_recycle=RECYCLE_AFTER,
        hide_parameters=True,  # a row's values belong in no log
        connect_args={"timeout": CONNECT_WITHIN, "command_timeout": answer_within.total_seconds(), **arguments},
    )
    event.listen(engine.sync_engine, "handle_error", _give_up_the_silent)
    event.listen(engine.sync_engine, "checkout", _hand_out_no_closed_one)
    return engine


def _hand_out_no_closed_one(connection: Any, _record: Any, _proxy: Any) -> None:
    if connection.driver_connection.is_closed():
        message = "closed while it was in the pool"
        raise DisconnectionError(message)  # the pool makes a new one, and nobody notices


def _give_up_the_silent(context: ExceptionContext) -> None:
    # The driver would first wait for the end of what it has just given up, on a connection that says nothing.
    if isinstance(context.original_exception, TimeoutError):
        context.is_disconnect = True


class OpenConnections:
    """The driver's open connections of a pool, to end them all without a word, since they may be dead.

    Args:
        engine: Whose pool. Listened to from now on.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._open: set[Any] = set()
        event.listen(engine.sync_engine, "connect", lambda made, _record: self._open.add(made.driver_connection))
        event.listen(engine.sync_engine, "close", lambda made, _record: self._open.discard(made.driver_connection))

    def cut(self) -> None:
        """Give up every connection. Statements under way fail at once, as if their connections had been lost."""
        for connection in self._open:
            connection.terminate()
        self._open.clear()


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction that is over when it is left, whatever a plugin did in it.

    SQLAlchemy takes a transaction whose commit was refused for ended, and would hand its connection, still in it, to
    whoever comes next.
    """
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        try:
            async with connection.begin():
                yield connection
        except BaseException:
            if not driver.is_closed() and driver.is_in_transaction():
                await connection.invalidate()
            raise


def is_locked_out(error: BaseException) -> bool:
    """Whether a statement gave up waiting for a lock."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == "55P03"


def is_hindered(error: DBAPIError) -> bool:
    """Whether a statement was cancelled, or met another transaction: 57014, 40001 and 40P01."""
    return getattr(error.orig, "sqlstate", None) in _HINDERED


def is_ledger_gone(error: BaseException) -> bool:
    """Whether an engine's statement found no table: somebody is about to make them anew, or has to."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in ("42P01", "3F000")


def is_refusal(error: BaseException) -> bool:
    """Whether the table refuses what a statement would make of a row, by a constraint or a trigger for instance.

    Not so where the statement itself is wrong, or its plan outdated: then no other row would do better.
    """
    state = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)
    return state is not None and not is_passing(error) and (state == "42501" or not state.startswith(_NO_ROWS_DOING))


def is_passing(error: BaseException) -> bool:
    """Whether an error says that the database is away, busy or was in each other's way, so that trying again helps."""
    if isinstance(error, (ConnectionError, TimeoutError, PoolTimeout, OSError)):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        if isinstance(getattr(error.orig, "__cause__", None), asyncpg.InvalidCachedStatementError):
            return True  # somebody altered a table: the statement is prepared anew for the next try
        # Without a state the server said nothing: the connection broke, unless a value could not even be sent.
        lost = error.connection_invalidated or (state is None and not isinstance(error, _NEVER_SENT))
    else:
        state = getattr(error, "sqlstate", None)
        lost = isinstance(error, asyncpg.InterfaceError)
    return lost or str(state or "").startswith(_PASSING)


def _milliseconds(duration: timedelta) -> str:
    return str(int(duration.total_seconds() * 1000))
