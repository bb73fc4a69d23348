"""The form of one hook implementation: its marker's options, its kind of function, its parameters.

pluggy passes a keyword-only parameter nothing, a parameter with a default its default (1.6) or the value (1.7), and
lets a coroutine stand for a result: each is refused here, where the author sees it.
"""

from __future__ import annotations

import inspect
from types import MethodType
from typing import NoReturn

import pluggy

from curation_core import hookspecs
from curation_core.errors import did_you_mean
from curation_core.host._report import PluginState, Refused

PARAMETERS = {
    name: tuple(inspect.signature(getattr(hookspecs, name)).parameters)
    for name in (*hookspecs.OWNER_HOOKS, *hookspecs.OBSERVER_HOOKS)
}
"""Each hook with the parameters that the host offers, in the order in which it calls."""

_KINDS = {"process_item": ("async def", "def"), "save_result": ("async def",), "around_item": ("async def",)}
_OPTIONS = {
    "wrapper": "a pluggy wrapper ends before the work is awaited; implement around_item instead",
    "hookwrapper": "a pluggy wrapper ends before the work is awaited; implement around_item instead",
    "tryfirst": "remove it: the order is that of the plugins' names",
    "trylast": "remove it: the order is that of the plugins' names",
}


def parameters_of(implementation: pluggy.HookImpl) -> tuple[str, ...]:
    """The names of the parameters that an implementation asks for, without ``self``."""
    return tuple(inspect.signature(implementation.function).parameters)


def check_form(hook: str, implementation: pluggy.HookImpl) -> None:
    """Refuse an implementation that could not be called as its author means.

    Args:
        hook: A hook of `curation_core.hookspecs`.
        implementation: What pluggy found for it.

    Raises:
        Refused: With the hook, the fault and the remedy.
    """
    for option, remedy in _OPTIONS.items():
        if getattr(implementation, option):
            _refuse(f"{hook} is marked @hookimpl({option}=True)", remedy)
    _check_kind(hook, implementation)
    _check_self(hook, implementation)
    _check_parameters(hook, implementation)


def _check_kind(hook: str, implementation: pluggy.HookImpl) -> None:
    function = implementation.function
    kind = _kind(function)
    if hook == "lifespan":
        if kind != "def":
            _refuse(f"lifespan is {_article(kind)}", "put @asynccontextmanager between it and @hookimpl")
        if inspect.isgeneratorfunction(inspect.unwrap(function)):
            fault = "lifespan is a synchronous context manager"
            _refuse(fault, "make it `async def` under contextlib.asynccontextmanager")
        return
    allowed = _KINDS.get(hook, ("def",))
    if kind not in allowed:
        _refuse(f"{hook} is {_article(kind)}", f"make it a plain `{'` or `'.join(allowed)}` that returns its value")


def _kind(function: object) -> str:
    if inspect.isasyncgenfunction(function):
        return "async generator"
    if inspect.isgeneratorfunction(function):
        return "generator"
    return "async def" if inspect.iscoroutinefunction(function) else "def"


def _article(kind: str) -> str:
    shown = f"`{kind}`" if kind.endswith("def") else kind
    return f"an {shown}" if kind.startswith("async") else f"a {shown}"


def _check_self(hook: str, implementation: pluggy.HookImpl) -> None:
    function = implementation.function
    if isinstance(function, MethodType):
        first = next(iter(inspect.signature(function.__func__).parameters), None)
        if first is None or first in PARAMETERS[hook]:
            fault = f"the method {hook} lacks `self`" + (f": it would get the plugin as {first!r}" if first else "")
            _refuse(fault, "put `self` first")


def _check_parameters(hook: str, implementation: pluggy.HookImpl) -> None:
    signature = inspect.signature(implementation.function)
    bare = [str(parameter.replace(annotation=parameter.empty)) for parameter in signature.parameters.values()]
    offered = PARAMETERS[hook]
    may_take = f"{hook} may take: {', '.join(offered) or 'nothing'}"
    for shown, parameter in zip(bare, signature.parameters.values(), strict=True):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            _refuse(f"{hook} takes {shown}", f"name the parameters that it wants; {may_take}")
        if parameter.name not in offered:
            fault = f"{hook} takes {parameter.name!r}, which does not exist{did_you_mean(parameter.name, offered)}"
            _refuse(fault, may_take)
        if parameter.kind is parameter.KEYWORD_ONLY:
            _refuse(f"{hook} takes {parameter.name!r} by keyword only", "remove the `*` before it")
        if parameter.default is not parameter.empty:
            fault = f"{hook} gives {parameter.name!r} a default, and the host always passes it"
            _refuse(fault, f"write `{parameter.name}` without one")


def _refuse(fault: str, remedy: str) -> NoReturn:
    raise Refused(PluginState.INVALID, fault, remedy)
