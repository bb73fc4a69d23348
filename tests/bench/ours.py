"""Contestant: the engine as operators start it, `curation run` in one process, with the plugins that are in here.

A plugin's first act is its lifespan, entered when the host is connected and has checked everything: there it waits for
the start.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import asynccontextmanager
from typing import Any

from signals import dsn_of, wait_for_the_start
from tables import MODELS, Key, Page, Result, workflow

from curation_core import Workflow, hookimpl

NAME = "bench"


class NoOperation:
    """A plugin whose `process_item` costs nothing."""

    def __init__(self, key: Key) -> None:
        self._key = key

    @hookimpl
    def declare_workflow(self) -> Workflow:
        return workflow(MODELS[self._key])

    @hookimpl
    @asynccontextmanager
    async def lifespan(self):
        wait_for_the_start()
        yield

    @hookimpl
    async def process_item(self, item: Any) -> None:
        return None


class OneRowEach(NoOperation):
    """A plugin that also saves a result through the ORM."""

    @hookimpl
    async def save_result(self, session: Any, item: Any) -> None:
        session.add(Result(page=str(item.id), value="done"))


class Telling:
    """A plugin that writes each item's key, and when it was called with it, to standard output."""

    @hookimpl
    def declare_workflow(self) -> Workflow:
        return workflow(Page)

    @hookimpl
    async def process_item(self, item: Any) -> None:
        called = time.monotonic_ns()
        sys.stdout.write(f"{item.id} {called}\n")
        sys.stdout.flush()


noop_bigint, noop_uuid = NoOperation(Key.BIGINT), NoOperation(Key.UUID)
orm_bigint, orm_uuid = OneRowEach(Key.BIGINT), OneRowEach(Key.UUID)
telling = Telling()


def command(plugin: str, *options: str) -> list[str]:
    """The command line of a host with one of the plugins above. Run it in this folder."""
    words = ["run", f"--plugin={NAME}=ours:{plugin}", f"--workflow={NAME}", *options]
    return [sys.executable, "-m", "curation_core", *words]


def environment(url: str, **policy: object) -> dict[str, str]:
    """The environment of a host: this process's, without what configures the engine here.

    Args:
        url: The database.
        policy: How hard the workflow runs.
    """
    keys = {f"CURATION_WORKFLOWS__{NAME.upper()}__{key.upper()}": str(value) for key, value in policy.items()}
    others = {key: value for key, value in os.environ.items() if not key.startswith("CURATION_")}
    return others | keys | {"CURATION_DATABASE_URL": dsn_of(url), "CURATION_LOG__LEVEL": "warning"}
