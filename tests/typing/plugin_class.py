"""A plugin that is a class, whose hooks are held against `Plugin`. It is read by mypy and pyright, never run."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, assert_type

from plugin_author import Client, Page, Settings
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from curation_core import Attempt, Done, Fail, Outcome, Plugin, Skip, States, Workflow, hookimpl


class Titles(Plugin[Page, str, Client, Settings]):
    """All hooks, with all their parameters."""

    @hookimpl
    def declare_workflow(self) -> Workflow:
        """Say which column is worked."""
        words = States(queued="Queued", processing="Processing", completed="Complete", failed="Error")
        return Workflow(status=Page.status, states=words, settings=Settings)

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, settings: Settings, sessions: async_sessionmaker[AsyncSession]) -> AsyncGenerator[Client]:
        """Share one client."""
        yield Client(settings.user_agent)

    @hookimpl
    async def process_item(self, item: Page, attempt: Attempt, resources: Client, settings: Settings) -> str | Outcome:
        """Do the slow work."""
        title = await resources.title(item.url, attempt.idempotency_key)
        return Skip("the page has no title") if title is None else Done(title)

    @hookimpl
    async def save_result(self, session: AsyncSession, item: Page, result: str) -> None:
        """Write what was found."""
        (await session.get_one(Page, item.id)).title = result

    @hookimpl
    def on_error(self, item: Page, error: Exception, attempt: Attempt) -> Outcome | None:
        """Decide what an exception means."""
        return Fail(f"{item.url}: {error}") if attempt.is_last else None

    @hookimpl
    async def around_item(self, item: Any, attempt: Attempt, call_next: Callable[[], Awaitable[Any]]) -> Any:
        """Watch."""
        return await call_next()

    @hookimpl
    def on_claimed(self, workflow: str, items: int) -> None:
        """Count."""

    @hookimpl
    def on_settled(self, workflow: str, item: str, outcome: str, reason: str, attempt: int, seconds: float) -> None:
        """Count."""

    @hookimpl
    def on_rescued(self, workflow: str, item: str, outcome: str, reason: str) -> None:
        """Count."""

    @hookimpl
    def on_paused(self, workflow: str, seconds: float, reason: str) -> None:
        """Count."""


class InThreads(Plugin[Page, bytes, None, Settings]):
    """Work that is not asynchronous, on what needs no sessions."""

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, settings: Settings) -> AsyncGenerator[None]:
        """Share nothing."""
        yield

    @hookimpl
    def process_item(self, item: Page, attempt: Attempt, resources: None, settings: Settings) -> bytes:
        """Do the slow work, in a thread."""
        return item.url.encode()


assert_type(Titles().declare_workflow(), Workflow)
