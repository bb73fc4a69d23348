"""Which hooks a plugin implements, and whether they make sense together."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Collection
from difflib import get_close_matches

import pluggy

from curation_core.errors import DeclarationError, did_you_mean
from curation_core.hookspecs import OWNER_HOOKS, PROJECT, REQUIRED_HOOKS
from curation_core.host._report import PluginState, Refused, refusing_errors
from curation_core.host._signature import PARAMETERS, check_form
from curation_core.workflow import Workflow

_HOOK_ALIKE = 0.85  # of difflib's ratio: on_errors and proces_item are, process is not
_MARK = "put @hookimpl (from curation_core) above it"


def check_hooks(plugin: object, name: str) -> dict[str, pluggy.HookImpl]:
    """Find a plugin's hooks and refuse what pluggy would let pass in silence.

    Args:
        plugin: A module or an instance.
        name: Its name.

    Returns:
        Each hook that it implements, in the order of `curation_core.hookspecs`.

    Raises:
        Refused: A hook is unknown, unmarked, missing, there twice, or of a form that can't be called.
    """
    found = _marked(plugin, name)
    _check_unmarked(plugin, found)
    hooks = {hook: found[hook] for hook in PARAMETERS if hook in found}
    for hook, implementation in hooks.items():
        check_form(hook, implementation)
    if not hooks:
        raise Refused(
            PluginState.INVALID, "it implements no hook", "mark its functions with @hookimpl from curation_core"
        )
    owned = [hook for hook in OWNER_HOOKS if hook in hooks]
    missing = [hook for hook in REQUIRED_HOOKS if hook not in hooks]
    if owned and missing:
        fault = f"it implements {', '.join(owned)} but no {' and no '.join(missing)}"
        raise Refused(PluginState.INVALID, fault, "a workflow needs both; a plugin that only observes has neither")
    return hooks


def declare(implementation: pluggy.HookImpl) -> Workflow:
    """Ask a plugin for its workflow.

    Args:
        implementation: Its ``declare_workflow``.

    Raises:
        Refused: It raised, or returned something else.
    """
    with refusing_errors("declare_workflow", "mend the declaration"):
        workflow = implementation.function()
    if not isinstance(workflow, Workflow):
        fault = f"declare_workflow returned {workflow!r:.80}, which is no Workflow"
        raise Refused(PluginState.INVALID, fault, "return Workflow(status=…, states=…)")
    return workflow


def status_place(workflow: Workflow) -> str:
    """The status column as the database knows it: two plugins may map one table on a MetaData each.

    A table without a schema is looked for in ``public``, where PostgreSQL's own search path finds it.

    Raises:
        Refused: The model is not mapped to one table.
    """
    try:
        table, column = workflow.table, workflow.status_column
    except DeclarationError as error:
        raise Refused(PluginState.INVALID, str(error), "mend the declaration") from error
    return f"{table.schema or 'public'}.{table.name}.{column.name}"


def _marked(plugin: object, name: str) -> dict[str, pluggy.HookImpl]:
    # A registry without specifications verifies nothing and so tells everything, misspelt hooks too.
    registry = pluggy.PluginManager(PROJECT)
    registry.register(plugin, name)
    found: dict[str, pluggy.HookImpl] = {}
    for caller in registry.get_hookcallers(plugin) or ():
        implementation, *others = caller.get_hookimpls()
        if caller.name in PARAMETERS:
            found[caller.name] = implementation
        elif not implementation.optionalhook:
            fault = f"unknown hook {caller.name!r}{did_you_mean(caller.name, list(PARAMETERS))}"
            raise Refused(PluginState.INVALID, fault, f"rename it; the hooks are: {', '.join(PARAMETERS)}")
        if others:
            fault = f"it implements {caller.name} twice (specname)"
            raise Refused(PluginState.INVALID, fault, "remove one")
    return found


def _check_unmarked(plugin: object, found: Collection[str]) -> None:
    home = plugin.__name__ if inspect.ismodule(plugin) else type(plugin).__module__
    open_hooks = [hook for hook in PARAMETERS if hook not in found]
    for name in dir(plugin):
        value = inspect.getattr_static(plugin, name, None)
        function = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
        if name in open_hooks and inspect.isfunction(function):
            raise Refused(PluginState.INVALID, f"{name} is not marked as a hook", _MARK)
        if name in open_hooks and (callable(value) or isinstance(value, (property, functools.cached_property))):
            fault = f"{name} is a {type(value).__name__}, which pluggy does not take for a hook"
            raise Refused(PluginState.INVALID, fault, f"write a function around it: `def {name}(…)`, and {_MARK}")
        if name.startswith("_") or not inspect.isfunction(function) or function.__module__ != home:
            continue
        if alike := get_close_matches(name, open_hooks, n=1, cutoff=_HOOK_ALIKE):
            fault = f"the function {name} looks like the hook {alike[0]}, misspelt and not marked"
            raise Refused(PluginState.INVALID, fault, f"rename it to {alike[0]} and {_MARK}, or call it _{name}")
