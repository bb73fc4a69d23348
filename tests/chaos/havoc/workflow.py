"""The plugin of the hosts that things happen to: a call to the outside, some time, a row in the database."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from curation_core import Attempt, Workflow, hookimpl
from havoc.tables import STATES, Effect, Page

NAME = "chaos"


class Settings(BaseModel):
    """What stands in for the world outside.

    Args:
        calls: A file that all hosts append to, a line for each call.
        work: Seconds that a call takes.
    """

    calls: Path
    work: float


@hookimpl
def declare_workflow() -> Workflow:
    return Workflow(
        status=Page.status, error=Page.error, states=STATES, order_by=(Page.updated_at, Page.id), settings=Settings
    )


@hookimpl
@asynccontextmanager
async def lifespan(settings: Settings) -> AsyncIterator[int]:
    outside = os.open(settings.calls, os.O_WRONLY | os.O_APPEND)
    yield outside
    os.close(outside)


@hookimpl
async def process_item(item: Page, attempt: Attempt, resources: int, settings: Settings) -> int:
    # In one go, so that the lines of several processes do not mix, and a kill leaves none half written.
    os.write(resources, f"{item.queueing} {time.time():.3f}\n".encode())
    if item.stall and attempt.number == 1:
        threading.Event().wait(item.stall)
    answered = asyncio.Event()
    asyncio.get_running_loop().call_later(settings.work, answered.set)
    await answered.wait()
    return item.queueing


@hookimpl
async def save_result(session: Any, result: int) -> None:
    session.add(Effect(queueing=result))
