"""The children of one workflow: as many as its items need, each worked by one item at a time."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Coroutine
from contextvars import copy_context
from typing import Any, Self

from curation_core._child import wire
from curation_core._child.process import Child
from curation_core._logging import log_names
from curation_core.attempt import Attempt
from curation_core.errors import PluginError
from curation_core.host import BoundWorkflow
from curation_core.policy import Policy

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds between tries while a child can't be started
ITEMS_EACH = 10_000  # after which a new child takes over, since a leak may be anywhere
ROOM_USED = 0.5  # of what was left below the limit after a child's first item: with more in use it is replaced
IDLE_FOR = 300.0  # seconds until a child that is not needed any more ends, unless it is the only one

_logger = logging.getLogger("curation_core.child")


class Children:
    """Runs a workflow's items in child processes, inside an ``async with``.

    Entering it starts the first child, so that a plugin that can't work there is known at once. The others are started
    one by one, while items wait: a plugin that crashes with every item keeps one processor busy, and not the machine.

    Args:
        bound: The workflow.
        policy: How many children, what each may take, and the seconds within which one must be ready.
        settings: The plugin's own settings.
        idle_for: Seconds until a child that is not needed ends.
    """

    def __init__(self, bound: BoundWorkflow, policy: Policy, settings: Any, idle_for: float = IDLE_FOR) -> None:
        self._bound = bound
        self._policy = policy
        self._settings = settings
        self._idle_for = idle_for
        self._alive: set[Child] = set()
        self._idle: asyncio.LifoQueue[tuple[Child, float]] = asyncio.LifoQueue()  # with the time since when
        self._waiting = 0
        self._starting: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        self._context = copy_context()  # without the names of an item, which what an item starts would have
        self._order = self._make_order()
        self._keep(await self._start())
        self._thinning = asyncio.create_task(self._thin_out())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        for task in (self._starting, self._thinning):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        for child in list(self._alive):
            self._let_go(child)
        while self._ending:
            await asyncio.wait(self._ending)

    async def process(self, item: Any, attempt: Attempt) -> Any:
        """Run an item in a child.

        Raises:
            ChildDied: The child ended before it answered.
            NotSendable: The item, or what became of it, can't be sent between processes.
            BaseException: What the plugin raised, with the child's traceback as a note.
        """
        payload = wire.pickled((item, attempt), f"the item ({type(item).__name__})")
        child = await self._take()
        try:
            answer = await child.run(wire.Item(payload, log_names()))
        except BaseException:  # cancelled, since its time is up or the host stops; or dead
            child.kill()
            self._forget(child, child.ended())
            raise
        if answer.is_last or self._is_worn(child, answer.memory):
            self._let_go(child)
        else:
            self._keep(child)
        if not answer.raised:
            return wire.unpickled(answer.payload, "the result")
        error, trace = wire.unpickled(answer.payload, "the exception")
        if type(error) is MemoryError and not error.args and self._policy.memory_limit:
            error.args = (f"more than its memory_limit of {self._policy.memory_limit / 10**6:g} MB",)
        error.add_note(trace)
        raise error

    async def _take(self) -> Child:
        while True:
            self._waiting += 1
            try:
                self._start_if_needed()
                child, _ = await self._idle.get()
            finally:
                self._waiting -= 1
            if child.is_alive:
                return child
            _logger.warning("a child of %s ended while it had no item", self._bound.name)
            self._forget(child, child.ended())

    def _keep(self, child: Child) -> None:
        self._alive.add(child)
        self._idle.put_nowait((child, time.monotonic()))

    def _let_go(self, child: Child) -> None:
        self._forget(child, child.leave())

    def _forget(self, child: Child, end: Coroutine[Any, Any, None]) -> None:
        self._alive.discard(child)
        ending = asyncio.create_task(end, context=self._context.copy())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        self._start_if_needed()

    def _is_worn(self, child: Child, memory: int) -> bool:
        room = self._policy.memory_limit - child.memory_at_first
        grown = memory - child.memory_at_first
        return child.items >= ITEMS_EACH or (self._policy.memory_limit > 0 and grown > room * ROOM_USED)

    # -- more of them, and fewer -------------------------------------------------------------------------------------

    def _is_needed(self) -> bool:
        return not self._closed and self._waiting > self._idle.qsize() and len(self._alive) < self._policy.concurrency

    def _start_if_needed(self) -> None:
        if self._is_needed() and (self._starting is None or self._starting.done()):
            self._starting = asyncio.create_task(self._start_some(), context=self._context.copy())

    async def _start_some(self) -> None:
        pause = FIRST_PAUSE
        while self._is_needed():
            try:
                self._keep(await self._start())
                pause = FIRST_PAUSE
            except Exception:  # until their time limit, for the items that wait
                _logger.exception("no child of %s could be started, next try in %g s", self._bound.name, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _start(self) -> Child:
        seconds = self._policy.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                child = await Child.start(self._bound.name)
                await child.load(self._order)
                return child
        except TimeoutError:
            message = f"a child process was not ready within {seconds:g} s, the workflow's timeout"
            raise PluginError(message) from None

    async def _thin_out(self) -> None:
        while True:
            await asyncio.sleep(self._idle_for / 5)
            oldest_last = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
            for child, since in reversed(oldest_last):
                if len(self._alive) > 1 and time.monotonic() - since > self._idle_for:
                    self._let_go(child)
                else:
                    self._idle.put_nowait((child, since))

    def _make_order(self) -> wire.Order:
        report = self._bound.report
        module = sys.modules.get(report.value.partition(":")[0].strip())
        if module is None or module.__name__ == "__main__":
            message = (
                f'isolation = "process": a child process can\'t import {report.value}: give the plugin an entry point, '
                "register it as a module that can be imported, or name it with --plugin"
            )
            raise PluginError(message)
        if self._bound.wants_sessions:
            message = (
                'isolation = "process": its lifespan asks for sessions, and a child process opens no database '
                "connection: leave the parameter out, or isolate it by `curation run --workflow`"
            )
            raise PluginError(message)
        settings = wire.pickled(self._settings, "its settings")
        level = logging.getLogger().getEffectiveLevel()
        return wire.Order(self._bound.name, report.value, settings, self._policy.memory_limit, level)
