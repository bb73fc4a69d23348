"""Load the plugin that is tested: by its entry point as a host does, by a reference, or as it is at hand."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from curation_core.errors import CurationError
from curation_core.host import BoundWorkflow, PluginState
from curation_core.testing._doubles import WatchedHost


class HarnessError(CurationError):
    """A test asks for something that can't be: the message names it and the remedy."""


def load(name: str, plugin: object = None) -> WatchedHost:
    """A host that has this plugin, and no other.

    Args:
        name: The workflow's name.
        plugin: A module, an instance or a class; ``"package.module"``; ``None`` for the entry point of that name.

    Returns:
        The host.

    Raises:
        HarnessError: The plugin is refused. The message is the host's report, with the remedy.
    """
    host = WatchedHost(name, allow=[name])
    if plugin is None:
        host.discover()
    elif isinstance(plugin, str):
        host.register_reference(f"{name}={plugin}")
    else:
        host.register(plugin, name)
    for report in host.reports:
        if report.name == name and report.state not in (PluginState.OK, PluginState.BLOCKED):
            message = str(report)
            raise HarnessError(message)
    if name not in host.workflows:
        message = f"{name} has no workflow, it only observes: there is no item to run"
        raise HarnessError(message)
    return host


def plugin_settings(bound: BoundWorkflow, given: Any) -> BaseModel | None:
    """The workflow's own settings.

    Args:
        bound: The workflow.
        given: A mapping as in ``[workflows.NAME.settings]``, an instance of the model, or ``None`` for its defaults.

    Raises:
        HarnessError: The workflow has no settings, and some are given.
        pydantic.ValidationError: They are wrong.
    """
    model = bound.workflow.settings
    if model is None:
        if given:
            message = (
                f"workflow {bound.name} has no settings: give it some with Workflow(settings=…), or leave them out"
            )
            raise HarnessError(message)
        return None
    return given if isinstance(given, model) else model.model_validate(dict(given or {}))
