"""Checks of what a run leaves in its process: on the item that it was given, and in tasks that go on without it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import inspect

from curation_core.testing.conformance.bench import Bench, refuse
from curation_core.testing.conformance.effects import as_text

WARM, MEASURED = 2, 3
"""A client may start tasks of its own with the first call. It does not start one with every call."""
TURNS = 5
"""Of the event loop: what is cancelled when the hook returns needs one or two to end."""
_started: ContextVar[list[asyncio.Task[Any]] | None] = ContextVar("conformance_started", default=None)


async def only_reads_the_item(bench: Bench) -> None:
    """The item is after ``process_item`` as it was before."""
    changed: list[str] = []

    @asynccontextmanager
    async def witness(hook: str, item: Any) -> AsyncIterator[None]:
        before = _values(item)
        yield
        if hook == "process_item":
            after = _values(item)
            changed.extend(name for name in after if after[name] != before.get(name))

    async with bench.harness() as harness:
        harness.witnessed_by(witness)
        await harness.drain()
        model = harness.workflow.model.__name__
    if changed:
        refuse(
            f"process_item set {changed[0]!r} of its item, which is written nowhere",
            f"return what was found, and write it in save_result: update({model}).where(…).values({changed[0]}=…)",
        )


async def ends_with_its_hooks(bench: Bench) -> None:
    """No task that a hook started goes on when the hook has returned."""
    left: dict[str, list[str]] = {}

    @asynccontextmanager
    async def witness(hook: str, _: Any) -> AsyncIterator[None]:
        tasks: list[asyncio.Task[Any]] = []
        token = _started.set(tasks)
        try:
            yield
        finally:
            _started.reset(token)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        going_on = [_name(task) for task in tasks if not task.done()]
        left.setdefault(hook, []).append(going_on[0] if going_on else "")

    asyncio.get_running_loop().set_task_factory(_remember)
    async with bench.harness(WARM + MEASURED) as harness:
        harness.witnessed_by(witness)
        await harness.drain(concurrency=1)
    for hook, names in left.items():
        if all(names[WARM:]):
            refuse(
                f"{hook} returned while a task that it had started went on: {names[WARM]}",
                "await what an item needs, or start it in `async with asyncio.TaskGroup()`: nobody sees how the rest "
                "ends, and it dies with the host",
            )


def _remember(loop: asyncio.AbstractEventLoop, coroutine: Any, /, **named: Any) -> asyncio.Task[Any]:
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **named)
    tasks = _started.get()
    if tasks is not None:
        tasks.append(task)
    return task


def _name(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    return getattr(coroutine, "__qualname__", repr(coroutine))


def _values(item: Any) -> Mapping[str, str]:
    """What is loaded of it. To ask for the rest would be an error, as it is detached."""
    state = inspect(item)
    return {name: as_text(value) for name, value in state.dict.items() if name in state.mapper.attrs}
