"""A queued page gets its title."""

import re

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import Skip, States, Workflow, hookimpl


class Base(DeclarativeBase):
    """Yours."""


class Page(Base):
    """Your table, as far as this plugin touches it."""

    __tablename__ = "pages"
    id: Mapped[int] = mapped_column(primary_key=True)
    html: Mapped[str]
    title: Mapped[str | None]
    title_status: Mapped[str | None]


@hookimpl
def declare_workflow() -> Workflow:
    """Which column is worked, in which words."""
    words = States(queued="Queued", processing="Processing", completed="Complete", failed="Error")
    return Workflow(status=Page.title_status, states=words)


@hookimpl
def process_item(item: Page) -> str | Skip:
    """The slow work. No transaction is open meanwhile, and no connection is held."""
    found = re.search(r"<title>(.*?)</title>", item.html)
    return found[1] if found else Skip("the page has no title")


@hookimpl
async def save_result(session: AsyncSession, item: Page, result: str) -> None:
    """What was found, committed together with the status."""
    await session.execute(update(Page).where(Page.id == item.id).values(title=result))
