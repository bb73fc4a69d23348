"""Plugins made of functions, and the hooks that tests use again and again."""

from __future__ import annotations

import asyncio
from types import ModuleType

from curation_core import hookimpl
from lab.tables import Effect


def plugin_of(workflow, process_item, **hooks):
    """A plugin module.

    Args:
        workflow: What it declares.
        process_item: The hook.
        **hooks: Further ones by name.
    """

    def declare_workflow():
        return workflow

    module = ModuleType("plugin")
    for name, hook in {"declare_workflow": declare_workflow, "process_item": process_item, **hooks}.items():
        setattr(module, name, hookimpl(hook))
    return module


async def return_orders(item):
    """Process an item: its result is what its row says."""
    return item.orders


async def save_effect(session, item, result):
    """Write the effect of a page; a second one is refused by the table."""
    session.add(Effect(page_id=item.id, result=result))


class Stage:
    """Where attempts wait until the test lets them go.

    Attributes:
        process_item: The hook that brings an item on stage.
        on_stage: What waits there: by item, the attempt and its cue.
    """

    def __init__(self):
        self.on_stage = {}
        self._arrived = asyncio.Event()

        async def process_item(item, attempt):
            cue = asyncio.get_running_loop().create_future()
            self.on_stage[attempt.item] = attempt, cue
            self._arrived.set()
            try:
                return await cue
            finally:
                if self.on_stage.get(attempt.item) == (attempt, cue):
                    del self.on_stage[attempt.item]

        self.process_item = process_item

    async def arrival(self, *items):
        """Wait until these items, or any, are on stage. Returns the attempt of the first."""
        async with asyncio.timeout(20):
            while not (self.on_stage and set(items) <= set(self.on_stage)):
                self._arrived.clear()
                await self._arrived.wait()
        return self.on_stage[items[0] if items else next(iter(self.on_stage))][0]

    def release(self, item, result=None):
        """Let an attempt end with a result, or with an exception."""
        _, cue = self.on_stage.pop(item)
        if isinstance(result, BaseException):
            cue.set_exception(result)
        else:
            cue.set_result(result)
