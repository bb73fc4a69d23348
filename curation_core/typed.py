"""The hooks as methods, for authors whose editor and type checker should know their parameters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from curation_core.attempt import Attempt
    from curation_core.outcomes import Outcome
    from curation_core.workflow import Workflow

Item = TypeVar("Item")
Result = TypeVar("Result")
Resources = TypeVar("Resources")
Settings = TypeVar("Settings")


class Plugin(Generic[Item, Result, Resources, Settings]):
    """What a plugin that is a class may inherit, so that its hooks are checked: ``Plugin[Page, str, Client, None]``.

    It is empty when it runs, and nothing needs it. mypy and pyright see every hook as a method with its parameters,
    and hold each override against them; so an override names all of its hook's parameters (``lifespan`` may leave out
    ``sessions``). ``@hookimpl`` stands above each as ever, and ``typing.override`` below it finds a misspelt one.

    Args:
        Item: The workflow's model.
        Result: What ``process_item`` returns and ``save_result`` gets.
        Resources: What ``lifespan`` yields; ``None`` without one.
        Settings: The workflow's settings model; ``None`` without one.
    """

    if TYPE_CHECKING:  # a method that is no hook implementation would be taken for one that lacks its mark

        def declare_workflow(self) -> Workflow:
            """Say which column this plugin works."""
            raise NotImplementedError

        def lifespan(self, settings: Settings, *args: Any, **others: Any) -> AbstractAsyncContextManager[Resources]:
            """Open what the items share for as long as the process works: an HTTP session, a model in memory."""
            raise NotImplementedError

        def process_item(
            self, item: Item, attempt: Attempt, resources: Resources, settings: Settings
        ) -> Awaitable[Result | Outcome] | Result | Outcome:
            """Do the slow work for one row. No transaction is open and no connection is held."""
            raise NotImplementedError

        def save_result(self, session: AsyncSession, item: Item, result: Result) -> Awaitable[None]:
            """Write what the work found, in the transaction that also moves the status."""
            raise NotImplementedError

        def on_error(self, item: Item, error: Exception, attempt: Attempt) -> Outcome | None:
            """Decide what an exception means. Synchronous, without input or output."""
            raise NotImplementedError

        def around_item(self, item: Any, attempt: Attempt, call_next: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:
            """Wrap the processing of every item of every workflow: tracing, timing, a rate limit."""
            raise NotImplementedError

        def on_claimed(self, workflow: str, items: int) -> None:
            """Rows were claimed and committed."""
            raise NotImplementedError

        def on_settled(self, workflow: str, item: str, outcome: str, reason: str, attempt: int, seconds: float) -> None:
            """One item was settled and committed."""
            raise NotImplementedError

        def on_rescued(self, workflow: str, item: str, outcome: str, reason: str) -> None:
            """A dead worker's row was taken back and committed."""
            raise NotImplementedError

        def on_paused(self, workflow: str, seconds: float, reason: str) -> None:
            """A workflow was paused by an item of this process and the pause was committed."""
            raise NotImplementedError
