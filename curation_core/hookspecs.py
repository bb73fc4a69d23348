"""The hooks a plugin may implement. This module is the contract; ``docs/reference/hooks.md`` is checked against it.

A plugin is a module (or an instance) named by an entry point in the group ``curation_core.plugins``; the entry
point's name is the workflow's name. An implementation takes only the parameters it wants, by these names. The host
calls the *owner's* hooks for the owner's items alone; the observer hooks of every plugin are called for all items.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar, overload

import pluggy
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from curation_core.attempt import Attempt
from curation_core.outcomes import Outcome
from curation_core.workflow import Workflow

PROJECT = "curation_core"
HOOK_API = 1
"""The version of this interface. A plugin made for another one says so with ``__curation_api__``."""

hookspec = pluggy.HookspecMarker(PROJECT)
Hook = TypeVar("Hook", bound=Callable[..., Any])


class Mark(Protocol):
    """``@hookimpl`` without those of pluggy's options that the host refuses, so that a checker refuses them too."""

    @overload
    def __call__(self, function: Hook, /) -> Hook: ...

    @overload
    def __call__(self, *, specname: str = ..., optionalhook: bool = ...) -> Callable[[Hook], Hook]: ...


hookimpl: Mark = pluggy.HookimplMarker(PROJECT)

OWNER_HOOKS = ("declare_workflow", "lifespan", "process_item", "save_result", "on_error")
REQUIRED_HOOKS = ("declare_workflow", "process_item")
OBSERVER_HOOKS = ("around_item", "on_claimed", "on_settled", "on_rescued", "on_paused")


# -- once -------------------------------------------------------------------------------------------------------


@hookspec
def declare_workflow() -> Workflow:  # type: ignore[empty-body]  # a specification has no body
    """Say which column this plugin works.

    Called once, when the host starts, before any database connection is made. Every plugin that has a
    ``process_item`` must implement it; a plugin that only observes leaves it out.

    Returns:
        The workflow. An exception disables this plugin alone.
    """


@hookspec
def lifespan(settings: Any, sessions: async_sessionmaker[AsyncSession]) -> AbstractAsyncContextManager[Any]:  # type: ignore[empty-body]  # likewise
    """Open what the items share for as long as the process works: an HTTP session, a model in memory.

    Called once per process by the owner, before the first claim; left after the last settle. With ``isolation =
    "process"`` that is once per child process, in the child, and left when the child ends; a child opens no database
    connection, so a ``lifespan`` that asks for ``sessions`` disables its workflow there.

    Args:
        settings: The instance of the workflow's settings model, or ``None``.
        sessions: Makes sessions over a few connections that are this workflow's alone, for what can't wait for the
            settle: a call that is counted before it is paid, a place in a host's queue. ``async with
            sessions.begin() as session:`` around a statement or two, never around a call to the outside. Nothing is
            connected before the first.

    Returns:
        An async context manager. What it yields is the ``resources`` of the other hooks. An exception on entering
        disables this workflow in this process, with its text in the log.
    """


# -- for each item ----------------------------------------------------------------------------------------------


@hookspec
def process_item(item: Any, attempt: Attempt, resources: Any, settings: Any) -> Any:
    """Do the slow work for one row. No transaction is open and no connection is held.

    Called once per claim, by the owner: awaited if it is ``async def``, run in a thread if it is ``def``.

    Args:
        item: The row as a detached instance of the model, without related rows; read it, do not write to it.
        attempt: Which attempt this is, with an idempotency key for calls to the outside.
        resources: What ``lifespan`` yielded, or ``None``.
        settings: The instance of the workflow's settings model, or ``None``.

    Returns:
        The result for ``save_result`` (``None`` is a result too), or an `Outcome`. An exception goes to ``on_error``.
    """


@hookspec
def save_result(session: AsyncSession, item: Any, result: Any) -> Awaitable[None]:  # type: ignore[empty-body]  # likewise
    """Write what the work found, in the transaction that also moves the status.

    Called by the owner for each item of a settled group whose claim is still held and whose row still wants it.
    Must be ``async def``; must not commit, and must not touch the status column.

    Args:
        session: The settle's session. What is added to it is flushed before the commit.
        item: The row, detached, as ``process_item`` had it.
        result: What ``process_item`` returned.

    An exception rolls the group back; the others are settled again without the culprit, which goes to ``on_error``.
    """


@hookspec
def on_error(item: Any, error: Exception, attempt: Attempt) -> Outcome | None:
    """Decide what an exception means. Synchronous, without input or output.

    Called by the owner when ``process_item`` or ``save_result`` raised, or when the attempt ran out of time
    (``error`` is then a ``TimeoutError``).

    Args:
        item: The row, detached.
        error: What was raised.
        attempt: Which attempt it was.

    Returns:
        An `Outcome`, or ``None`` for the policy: again after its backoff, failed after its last attempt. An exception
        here leaves the decision to the policy, with both texts as the reason.
    """


# -- for everybody who watches ----------------------------------------------------------------------------------


@hookspec
def around_item(item: Any, attempt: Attempt, call_next: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:  # type: ignore[empty-body]  # likewise
    """Wrap the processing of every item of every workflow: tracing, timing, a rate limit.

    Called for each claim in every plugin that implements it, the first plugin by name outermost. Must be
    ``async def``, must ``await call_next()`` at most once and should return what that returned.

    Args:
        item: The row, detached.
        attempt: Which attempt this is; ``attempt.workflow`` names the workflow.
        call_next: Runs the rest, and the item.

    Returns:
        What ``process_item`` returned, or another value in its place. An exception counts as the item's.
    """


@hookspec
def on_claimed(workflow: str, items: int) -> None:
    """Rows were claimed and committed.

    Called in every plugin, synchronously, on the event loop: be quick. An exception is logged, never raised.

    Args:
        workflow: The workflow's name.
        items: How many rows.
    """


@hookspec
def on_settled(workflow: str, item: str, outcome: str, reason: str, attempt: int, seconds: float) -> None:
    """One item was settled and committed.

    Called in every plugin, synchronously, on the event loop: be quick. An exception is logged, never raised.

    Args:
        workflow: The workflow's name.
        item: The row's primary key as text.
        outcome: The history's word: done, skipped, retry, failed, paused, released, overruled, lost.
        reason: The text in the history, often empty for done.
        attempt: Which attempt it was.
        seconds: How long ``process_item`` ran.
    """


@hookspec
def on_rescued(workflow: str, item: str, outcome: str, reason: str) -> None:
    """A dead worker's row was taken back and committed.

    Called in every plugin of the host that rescued it, synchronously. An exception is logged, never raised.

    Args:
        workflow: The workflow's name.
        item: The row's primary key as text.
        outcome: ``retry`` or ``failed``.
        reason: What happened to the worker.
    """


@hookspec
def on_paused(workflow: str, seconds: float, reason: str) -> None:
    """A workflow was paused by an item of this process and the pause was committed.

    Called in every plugin, synchronously. An exception is logged, never raised.

    Args:
        workflow: The workflow's name.
        seconds: For how long.
        reason: Why.
    """
