"""A workflow on pages that does whatever a page's orders say, in an ``async def``."""

import asyncio
import os
from contextlib import asynccontextmanager
from pathlib import Path

from lab import plugins as hooks
from lab.tables import pages_workflow
from pydantic import BaseModel, SecretStr
from unruly.acts import act

from curation_core import ChildDied, Policy, Skip, hookimpl


class Options(BaseModel):
    key: SecretStr = SecretStr("none")
    on_entering: str = ""
    journal: str = ""


@hookimpl
def declare_workflow():
    return pages_workflow(settings=Options, defaults=Policy(every=3600, backoff=(0,), isolation="process"))


@hookimpl
@asynccontextmanager
async def lifespan(settings):
    if settings and settings.on_entering:
        act(settings.on_entering)
    yield {"items": 0}
    if settings and settings.journal:
        with Path(settings.journal).open("a") as journal:
            journal.write(f"left {os.getpid()}\n")


@hookimpl
async def process_item(item, attempt, resources, settings):
    resources["items"] += 1
    verb, _, argument = item.orders.partition(" ")
    if verb == "await":
        while not Path(argument).exists():
            await asyncio.sleep(0.02)
    elif verb == "cancel":
        asyncio.current_task().cancel()
        await asyncio.sleep(0)
    elif verb == "count":
        return f"{attempt.item} {attempt.number} {resources['items']} {settings and settings.key.get_secret_value()}"
    else:
        return act(item.orders)
    return "done"


@hookimpl
def on_error(item, error):
    if isinstance(error, ChildDied) and item.orders.endswith("excused"):
        return Skip("it is known to do so")
    return None


@hookimpl
async def save_result(session, item, result):
    await hooks.save_effect(session, item, result if isinstance(result, str) else repr(result))
