"""Items in child processes: a crash, a hang or eaten memory costs the item that caused it, and nothing else.

The host claims and settles as ever; in place of ``process_item`` it calls a child, which has loaded that one plugin,
has entered its ``lifespan`` and runs one item at a time. A child has no database connection.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from curation_core._child.children import Children
from curation_core.attempt import Attempt
from curation_core.host import BoundWorkflow
from curation_core.policy import Policy

__all__ = ["isolated"]


def isolated(bound: BoundWorkflow, policy: Policy) -> BoundWorkflow:
    """The same workflow, its items run in child processes.

    Its ``lifespan`` starts the first child and leaves none behind; it raises `PluginError` where a child can't load
    the plugin. Its ``process`` raises `ChildDied`, `NotSendable`, and what the plugin raised.

    Args:
        bound: The workflow as it runs in the host.
        policy: How many children, and what each may take.
    """

    def lifespan(settings: Any, _sessions: Any) -> AbstractAsyncContextManager[Children]:
        return Children(bound, policy, settings)

    async def process(item: Any, attempt: Attempt, children: Children, _settings: Any) -> Any:
        return await children.process(item, attempt)

    return replace(bound, process=bound.around(process), lifespan=lifespan)
