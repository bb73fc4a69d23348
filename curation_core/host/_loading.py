"""From an entry point to a plugin: is it made for this core, and what does its reference name?"""

from __future__ import annotations

import inspect
import logging
import re
import sys
import time
from importlib import import_module
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from curation_core.errors import did_you_mean
from curation_core.hookspecs import HOOK_API
from curation_core.host._metadata import CORE, PluginEntry, core_version
from curation_core.host._report import UNKNOWN, PluginState, Refused, refusing_errors

SLOW_IMPORT = 1.0  # seconds: an operator who restarts a worker feels it
_API = "__curation_api__"
_REFERENCE = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*)\s*(:\s*(?P<attribute>[\w.]+)\s*)?(\[.*\]\s*)?")
_NAMES_CORE = re.compile(r"\s*curation[-_.]+core(?![-_.\w])", re.IGNORECASE)
_logger = logging.getLogger("curation_core.host")


def load(entry: PluginEntry) -> object:
    """Import what an entry point names and make an instance of it where it is a class.

    Args:
        entry: The entry point.

    Returns:
        A module or an instance.

    Raises:
        Refused: It is made for another core (told before the import where its metadata says so), or can't be had.
    """
    _require_this_core(entry)
    match = _REFERENCE.fullmatch(entry.value)
    if match is None:
        fault = f"{entry.value!r} is no reference"
        raise Refused(PluginState.FAILED, fault, f'write {entry.name} = "package.module" or "package.module:attribute"')
    plugin = _import(match["module"], entry)
    for name in (match["attribute"] or "").split("."):
        if name:
            plugin = _attribute(plugin, name, _mend_reference(entry))
    return instance_of(plugin)


def instance_of(plugin: object) -> object:
    """The plugin itself: a module or an instance as it is, a class instantiated without arguments.

    Raises:
        Refused: It is made for another hook interface, needs arguments, raises, or is a function.
    """
    _require_this_api(plugin)
    if inspect.isroutine(plugin):
        fault = f"the reference names the function {plugin.__name__}"
        raise Refused(PluginState.INVALID, fault, "name its module alone, or an instance of a class with the hooks")
    if not isinstance(plugin, type):
        return plugin
    with refusing_errors(f"making a {plugin.__name__}", "mend its __init__, or name an instance"):
        try:
            inspect.signature(plugin).bind()
        except TypeError as error:
            fault = f"the class {plugin.__name__} can't be made without arguments: {error}"
            raise Refused(PluginState.INVALID, fault, "give them defaults, or name an instance") from None
        return plugin()


def _import(module: str, entry: PluginEntry) -> Any:
    started = time.perf_counter()
    with refusing_errors(f"importing {module}", f"see the traceback with: python -c 'import {module}'"):
        try:
            return import_module(module)
        except ModuleNotFoundError as error:
            missing = error.name or module
            if module == missing or module.startswith(f"{missing}."):
                remedy = _mend_reference(entry)
            else:
                remedy = f"install the distribution that has the module {missing}"
            raise Refused(PluginState.FAILED, f"importing {module}: {error}", remedy) from error
        except SystemExit as error:
            fault = f"importing {module} called sys.exit({error.code!r})"
            raise Refused(PluginState.FAILED, fault, "raise an exception from a hook instead") from error
        finally:
            seconds = time.perf_counter() - started
            if seconds > SLOW_IMPORT:
                first = "with all that no plugin before it had imported"
                advice = "it delays every start: import what is heavy in lifespan or process_item"
                _logger.warning("plugin %r took %.1f s to import, %s; %s", entry.name, seconds, first, advice)


def _attribute(holder: Any, name: str, remedy: str) -> Any:
    with refusing_errors(f"looking for {name}", remedy):
        try:
            return getattr(holder, name)
        except AttributeError:
            known = [known for known in dir(holder) if not known.startswith("_")]
            fault = f"{getattr(holder, '__name__', holder)} has no {name!r}{did_you_mean(name, known)}"
            raise Refused(PluginState.FAILED, fault, remedy) from None


def _mend_reference(entry: PluginEntry) -> str:
    if not entry.installed:
        return f"correct the reference {entry.value}, or put its folder on the path of Python"
    if entry.distribution == UNKNOWN:
        return f"correct the entry point {entry.name}, or remove what is left of its distribution"
    return f"correct the entry point {entry.name}, or reinstall {entry.distribution}"


def _require_this_core(entry: PluginEntry) -> None:
    running = core_version()
    for line in filter(_NAMES_CORE.match, entry.requires):
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            fault = f"its requirement {line!r} can't be read"
            raise Refused(PluginState.INCOMPATIBLE, fault, f"correct the metadata of {entry.distribution}") from None
        applies = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        if running is not None and applies and not wanted.specifier.contains(running, prereleases=True):
            fault = f"it requires {CORE}{wanted.specifier}, and {running} runs"
            remedy = f"install a {entry.distribution} made for {CORE} {running}, or {CORE}{wanted.specifier}"
            raise Refused(PluginState.INCOMPATIBLE, fault, remedy)


def _require_this_api(plugin: object) -> None:
    home = sys.modules.get(getattr(plugin, "__module__", None) or type(plugin).__module__)
    api = getattr(plugin, _API, getattr(home, _API, HOOK_API))
    if type(api) is not int or api != HOOK_API:
        fault = f"{_API} is {api!r}: made for another version of the hooks; this core has {HOOK_API}"
        raise Refused(
            PluginState.INCOMPATIBLE, fault, f"install a plugin made for {CORE} {core_version() or ''}".rstrip()
        )
