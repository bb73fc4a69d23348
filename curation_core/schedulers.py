"""The entry point of schedulers that are there already: the old helper's arguments, this engine's claims."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Engine
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.exc import UnboundExecutionError
from sqlalchemy.ext.asyncio import AsyncSession

from curation_core import _preflight
from curation_core._batch import Batch, NoSession
from curation_core._sql.rows import Rows
from curation_core._store.borrowed import BorrowedStore
from curation_core._store.connections import is_passing
from curation_core.errors import DatabaseUnreachable, DeclarationError, did_you_mean
from curation_core.settings import Configuration
from curation_core.states import States
from curation_core.workflow import Workflow

_logger = logging.getLogger(__name__)

MOST = 1000  # rows in one batch: they are held all the while
SessionFactory = Callable[[], Any]
ProcessingFunction = Callable[[Any, AsyncSession], Awaitable[Any]]


async def run_job_loop(
    model: type[Any],
    status_enum: type[Enum],
    queued_status: Any,
    processing_status: Any,
    completed_status: Any,
    failed_status: Any,
    processing_function: ProcessingFunction,
    batch_size: int,
    order_by_column: ColumnElement[Any] | Any | None = None,
    status_field_name: str = "status",
    error_field_name: str = "error",
    *,
    session_factory: SessionFactory,
) -> None:
    """Claim one batch of queued rows and process them one after the other.

    What it adds to the helper whose arguments it takes: each row is held by a claim with a token while it runs, its
    attempts stand in the history, and the rows of a process that died are queued again by the next call, in whichever
    process. Call it from as many schedulers at once as you like.

    The function manages its own transactions, and sets the final status itself. A row that it leaves in processing is
    completed. When it raises, or returns ``False``, the row fails, with the exception's text, unless the function has
    given it another status already: no status but processing is ever overwritten. Cancelled, the call gives back what
    it has not done, uncharged.

    Args:
        model: The mapped class of the table.
        status_enum: The enum whose members the four statuses are.
        queued_status: A row with it is claimed.
        processing_status: A row has it while it is held.
        completed_status: A row gets it that the function leaves in processing.
        failed_status: A row gets it whose function raised or returned ``False``.
        processing_function: ``(id, session)``, async. The session has no transaction open, and is closed afterwards.
        batch_size: Rows claimed in this call, from 1 to 1000.
        order_by_column: A column of the model, ``asc(…)`` or ``desc(…)``; ``None`` is ``updated_at`` if there is one.
        status_field_name: The attribute of the model that holds the status.
        error_field_name: The attribute that holds the reason of a failure; cleared at the claim.
        session_factory: Makes the sessions: an ``async_sessionmaker``, or any callable that returns a session, an
            awaitable of one, or an async context manager of one. The engine's own statements run in the same database,
            over connections made in the same way.

    Raises:
        DeclarationError: The arguments don't fit each other, or the table. The message names which.
        LedgerError: The engine's tables are missing: run ``curation db upgrade`` once.
        ConfigurationError: The configuration is wrong.
    """
    _check(status_enum, processing_function, batch_size)
    statuses = (queued_status, processing_status, completed_status, failed_status)
    words = [_word(status_enum, status) for status in statuses]
    workflow = _workflow(model, words, order_by_column, status_field_name, error_field_name)
    name = f"{workflow.table.fullname}.{workflow.status_column.name}"
    settings = Configuration.read().resolve_general()
    try:
        origin = await _engine_of(session_factory, model)
        store = BorrowedStore(origin, settings.database, settings.host.lost_after)
        try:
            await store.check()
            batch = Batch(
                store,
                settings.host,
                await _rows(store, name, workflow),
                _with_session(session_factory, processing_function),
            )
            await batch.run(batch_size)
        finally:
            await store.close()
    except Exception as error:
        if not isinstance(error, (DatabaseUnreachable, NoSession)) and not is_passing(error):
            raise
        Batch.cut_off_at = time.monotonic()
        _logger.exception("%s: nothing could be claimed; the next call tries again", name)  # as the old helper did
    else:
        if batch.counts:
            _logger.info("%s: %s", name, ", ".join(f"{count} {word}" for word, count in batch.counts.items()))


def _check(status_enum: Any, function: Any, batch_size: Any) -> None:
    if not (isinstance(status_enum, type) and issubclass(status_enum, Enum)):
        message = f"run_job_loop: status_enum must be an Enum class, got {status_enum!r}"
        raise DeclarationError(message)
    if not callable(function):
        message = f"run_job_loop: processing_function must be an async function, got {function!r}"
        raise DeclarationError(message)
    if not isinstance(batch_size, int) or not 1 <= batch_size <= MOST:
        message = f"run_job_loop: batch_size must be a number from 1 to {MOST}, got {batch_size!r}"
        raise DeclarationError(message)


def _word(status_enum: type[Enum], status: Any) -> Enum:
    """A member of the enum; a word, or another enum's member with it, is taken for the member that has the word."""
    word = status.value if isinstance(status, Enum) else status
    for member in status_enum:
        if member is status or member.value == word:
            return member
    known = did_you_mean(str(word), [str(each.value) for each in status_enum])
    message = f"run_job_loop: {status!r} is no member of {status_enum.__name__}{known}"
    raise DeclarationError(message)


def _workflow(model: type[Any], words: Sequence[Enum], order_by: Any, status: str, error: str) -> Workflow:
    columns = [column.key for column in sa_inspect(model).column_attrs]
    for part, name in (("status_field_name", status), ("error_field_name", error)):
        if name not in columns:
            message = f"run_job_loop: {part}: {model.__name__} has no column {name!r}{did_you_mean(name, columns)}"
            raise DeclarationError(message)
    if order_by is None and "updated_at" in columns:
        order_by = model.updated_at
    return Workflow(
        status=getattr(model, status),
        error=getattr(model, error),
        states=States(**dict(zip(("queued", "processing", "completed", "failed"), words, strict=True))),
        order_by=() if order_by is None else (order_by,),
    )


async def _rows(store: BorrowedStore, name: str, workflow: Workflow) -> Rows:
    rows = Rows(name, workflow)
    facts = await store.describe(rows.table)
    if found := _preflight.faults(rows, facts):
        message = f"run_job_loop: {'; '.join(found)}"
        raise DeclarationError(message)
    return Rows(name, workflow, facts.as_facts())


async def _session_of(factory: SessionFactory) -> AbstractAsyncContextManager[AsyncSession]:
    try:
        made = factory()
        if inspect.isawaitable(made):
            made = await made
    except Exception as error:
        message = f"no session could be had: {type(error).__name__}: {error}"
        raise NoSession(message) from error
    if isinstance(made, AbstractAsyncContextManager):  # a session is one itself, which closes it
        return made
    message = f"session_factory gave {made!r}, which is no AsyncSession"
    raise NoSession(message)


def _with_session(factory: SessionFactory, function: ProcessingFunction) -> Callable[[Any], Awaitable[Any]]:
    async def run(key: Any) -> Any:
        async with await _session_of(factory) as session:
            return await function(key, session)

    return run


async def _engine_of(factory: SessionFactory, model: type[Any]) -> Engine:
    async with await _session_of(factory) as session:
        try:
            bind = session.get_bind(model)
        except UnboundExecutionError:
            bind = None
    if not isinstance(bind, Engine) or bind.dialect.driver != "asyncpg":
        message = f"run_job_loop: session_factory must make sessions of an engine with the asyncpg driver, got {bind!r}"
        raise DeclarationError(message)
    return bind
