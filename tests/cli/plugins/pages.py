"""A workflow whose rows say themselves what becomes of them."""

import asyncio
import os
import signal
from pathlib import Path

from pydantic import BaseModel, SecretStr
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import Fail, Policy, Skip, States, Workflow, hookimpl


class PageSettings(BaseModel):
    key: SecretStr = SecretStr("")


class Base(DeclarativeBase):
    pass


class Page(Base):
    __tablename__ = "page"
    id: Mapped[int] = mapped_column(primary_key=True)
    wish: Mapped[str]
    status: Mapped[str]
    error: Mapped[str | None]


@hookimpl
def declare_workflow():
    states = States(queued="Queued", processing="Processing", completed="Complete", failed="Error", skipped="Filtered")
    policy = Policy(batch_size=5, max_attempts=1)
    return Workflow(status=Page.status, error=Page.error, states=states, defaults=policy, settings=PageSettings)


@hookimpl
async def process_item(item):
    if item.wish == "fail":
        return Fail("it was to fail")
    if item.wish == "skip":
        return Skip("it was to be skipped")
    if item.wish == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if item.wish == "hang":
        Path(f"hangs-{item.id}").touch()
        await asyncio.Event().wait()
    return None
