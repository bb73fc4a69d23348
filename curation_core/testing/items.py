"""Run one item through a plugin's hooks, without a database."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import inspect

from curation_core._executor import Executor
from curation_core.claims import Claim
from curation_core.host import BoundWorkflow
from curation_core.host._metadata import installed_entries
from curation_core.policy import Policy
from curation_core.testing.loading import HarnessError, load, plugin_settings


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of an item that was run without a database.

    Args:
        outcome: The history's word: done, skipped, retry, failed, paused.
        result: What ``save_result`` would get; ``None`` where it would not be called.
        reason: The text for the history and the error column.
        wait: How long until the next attempt, where there is one.
        error: What ``process_item`` raised, before ``on_error`` or the policy decided.
    """

    outcome: str
    result: Any
    reason: str
    wait: timedelta
    error: BaseException | None


async def run_item(
    plugin: object,
    item: object,
    *,
    resources: Any = None,
    settings: Any = None,
    attempt: int = 1,
    policy: Policy | None = None,
) -> Ran:
    """Run one item as an engine does, without a database: ``process_item``, then ``on_error`` and the policy.

    Args:
        plugin: A module, an instance, an installed plugin's name, or else ``"package.module"``.
        item: An instance of the workflow's model, whatever of it the plugin reads.
        resources: What ``lifespan`` would yield. ``None``: the plugin's own ``lifespan`` is entered, if it has one
            that needs no ``sessions``.
        settings: A mapping as in ``[workflows.NAME.settings]``, or an instance of the model; ``None``: the defaults.
        attempt: Which attempt it is, from 1.
        policy: ``None``: the plugin's own.

    Returns:
        What became of it.

    Raises:
        HarnessError: The plugin is refused, or its ``lifespan`` needs a database.
    """
    installed = plugin in {entry.name for entry in installed_entries()}
    name = str(plugin) if installed else "plugin"
    bound = load(name, None if installed else plugin).workflows[name]
    own = plugin_settings(bound, settings)
    async with AsyncExitStack() as stack:
        if resources is None and bound.lifespan is not None:
            if bound.wants_sessions:
                message = "its lifespan takes sessions, which need a database: pass resources=…, or use a Harness"
                raise HarnessError(message)
            resources = await stack.enter_async_context(bound.lifespan(own, None))
        return await run_bound(bound, item, resources, own, attempt, policy or bound.workflow.defaults)


async def run_bound(
    bound: BoundWorkflow, item: object, resources: Any, settings: Any, attempt: int, policy: Policy
) -> Ran:
    """As `run_item`, for a workflow that is loaded and whose resources are there."""
    raised: list[BaseException] = []

    async def process(*arguments: Any) -> Any:
        try:
            return await bound.process(*arguments)
        except BaseException as error:
            raised.append(error)
            raise

    executor = Executor(replace(bound, process=process), policy, settings, resources, "test")
    key = json.dumps(inspect(bound.workflow.model).primary_key_from_instance(item), default=str)
    claim = Claim(item, key, token=1, queueing=1, attempt=attempt, lost=0, claimed_at=datetime.now(UTC))
    verdict = await executor.run(claim)
    result = verdict.result if verdict.saves else None
    return Ran(verdict.outcome, result, verdict.reason, verdict.wait, raised[0] if raised else None)
