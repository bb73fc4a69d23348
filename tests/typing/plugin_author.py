"""A plugin as its author writes it, where types are checked strictly. It is read by mypy and pyright, never run."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, assert_type

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from curation_core import (
    Attempt,
    Done,
    Fail,
    Outcome,
    Pause,
    Policy,
    Retry,
    Role,
    Selected,
    Selection,
    Skip,
    States,
    Transition,
    Workflow,
    hookimpl,
    select_rows,
    select_rows_sync,
)


class Model(DeclarativeBase):
    """The author's own tables."""


class Status(StrEnum):
    """The table's own words."""

    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETE = "Complete"
    ERROR = "Error"
    FILTERED = "Filtered"


class Page(Model):
    """A page that a person may have selected."""

    __tablename__ = "pages"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    curation: Mapped[str]
    decided: Mapped[str]
    status: Mapped[Status]
    error: Mapped[str | None]
    title: Mapped[str | None]


class PageCount(Model):
    """What the plugin counts, in a table of its own."""

    __tablename__ = "page_counts"
    day: Mapped[date] = mapped_column(primary_key=True)
    calls: Mapped[int]


class Settings(BaseModel):
    """What an operator may set."""

    user_agent: str = "a-crawler"


@dataclass
class Client:
    """What the items share."""

    agent: str

    async def title(self, url: str, key: str) -> str | None:
        """Fetch a title."""
        return f"{self.agent} {url}" if key else None


@hookimpl
def declare_workflow() -> Workflow:
    """Say which column is worked."""
    return Workflow(
        status=Page.status,
        error=Page.error,
        states=States(
            queued=Status.QUEUED,
            processing=Status.PROCESSING,
            completed=Status.COMPLETE,
            failed=Status.ERROR,
            skipped=Status.FILTERED,
        ),
        where=Page.curation == "Selected",
        order_by=(Page.title.desc(), Page.id),
        defaults=Policy(batch_size=20, every=timedelta(minutes=2), backoff=(timedelta(seconds=5),)),
        settings=Settings,
        selection=Selection(column=Page.decided, selects=("Selected",), eligible=(None, Role.FAILED), withdrawn=None),
        owns=(PageCount,),
    )


@hookimpl
@asynccontextmanager
async def lifespan(settings: Settings, sessions: async_sessionmaker[AsyncSession]) -> AsyncGenerator[Client]:
    """Share one client."""
    async with sessions.begin() as session:
        await session.merge(PageCount(day=date(2026, 1, 1), calls=0))
    yield Client(settings.user_agent)


@hookimpl
async def process_item(item: Page, attempt: Attempt, resources: Client) -> str | Outcome:
    """Do the slow work."""
    if attempt.is_last:
        return Fail("the server never answered", result=None)
    title = await resources.title(item.url, attempt.idempotency_key)
    if title is None:
        return Skip("the page has no title")
    if title == "429":
        return Pause(timedelta(minutes=1), "too many requests")
    if title == "202":
        return Retry(timedelta(seconds=30), reason="not ready")
    return Done(title, note="found at once") if item.id else title


@hookimpl
async def save_result(session: AsyncSession, item: Page, result: str) -> None:
    """Write what was found."""
    page = await session.get_one(Page, item.id)
    page.title = result


@hookimpl
def on_error(error: Exception) -> Outcome | None:
    """Decide what an exception means."""
    return Fail(str(error)) if isinstance(error, ValueError) else None


@hookimpl
async def around_item(item: Page, attempt: Attempt, call_next: Callable[[], Awaitable[Any]]) -> object:
    """Watch."""
    print(item.id, attempt.workflow)
    result: object = await call_next()
    return result


@hookimpl
def on_settled(workflow: str, outcome: str, seconds: float) -> None:
    """Count."""


@hookimpl
def on_claimed(workflow: str, items: int) -> None:
    """Count."""


@hookimpl
def on_rescued(workflow: str, item: str, outcome: str, reason: str) -> None:
    """Count."""


@hookimpl(specname="on_paused")
def when_paused(seconds: float) -> None:
    """Count."""


async def decide(session: AsyncSession, other: Session) -> int:
    """What an application calls when a person has decided."""
    selected = await select_rows(session, "page-curation", [42], "Selected")
    assert_type(selected, Selected)
    return selected.queued + select_rows_sync(other, "page-curation", [(1, 2)]).withdrawn


declared = declare_workflow()  # a marked hook stays callable, with its own signature
assert_type(declared, Workflow)
assert_type(declared.defaults, Policy)
assert_type(declared.defaults.batch_size, int)
assert_type(declared.defaults.every, timedelta)
assert_type(Transition.CLAIM.source, Role)
assert_type(Attempt("page-curation", "[42]").is_last, bool)
assert_type(Policy().cron, str | None)
