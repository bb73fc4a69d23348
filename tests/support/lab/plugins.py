"""Plugins made of functions, and the hooks that tests use again and again."""

from __future__ import annotations

import asyncio
from types import ModuleType

from lab.tables import Effect

from curation_core import hookimpl


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
    """Where attempts wait until the test lets them go: ``process_item`` of the plugin that a test makes with it."""

    def __init__(self):
        self.on_stage = {}
        self.keys = []
        self._arrived = asyncio.Event()

    async def process_item(self, item, attempt):
        """Come on stage, and return what the test hands to `release`, or raise it."""
        cue = asyncio.get_running_loop().create_future()
        self.on_stage[attempt.item] = cue
        self.keys.append((attempt.item, attempt.number, attempt.idempotency_key))
        self._arrived.set()
        return await cue

    async def arrival(self, *items):
        """Wait until these items, or any, are on stage."""
        async with asyncio.timeout(20):
            while not (self.on_stage and set(items) <= set(self.on_stage)):
                self._arrived.clear()
                await self._arrived.wait()

    def release(self, item, result=None):
        """Let an attempt end."""
        cue = self.on_stage.pop(item)
        if isinstance(result, BaseException):
            cue.set_exception(result)
        else:
            cue.set_result(result)
