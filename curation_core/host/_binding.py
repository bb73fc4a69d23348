"""From checked hooks to the calls that the engine makes, compiled once per workflow."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from curation_core.attempt import Attempt
from curation_core.errors import PluginError
from curation_core.host._report import PluginReport
from curation_core.host._signature import PARAMETERS, parameters_of
from curation_core.host._threads import in_thread
from curation_core.outcomes import Outcome
from curation_core.workflow import Workflow

if TYPE_CHECKING:
    import pluggy
    from sqlalchemy.ext.asyncio import AsyncSession

Process = Callable[[Any, Attempt, Any, Any], Awaitable[Any]]


@dataclass(frozen=True, eq=False)
class BoundWorkflow:
    """A workflow and its plugin's hooks, each with the parameters of its specification, passed by position.

    Args:
        name: The workflow's name.
        workflow: What the plugin declared.
        report: What the host says about the plugin.
        process: ``(item, attempt, resources, settings)``: awaits ``async def process_item``, runs ``def`` in a thread,
            inside every plugin's ``around_item``; where nothing of this applies, it is the hook itself. Raises what the
            hook raises, ``SystemExit`` too. Cancelling it cancels the hook; a thread it can only leave behind.
        bare: The same without anybody's ``around_item``.
        around: Puts every plugin's ``around_item`` around another way to process an item.
        save: ``(session, item, result)``, if the plugin has ``save_result``.
        on_error: ``(item, error, attempt)``, if the plugin has it.
        lifespan: ``(settings)``, if the plugin has it. Raises `PluginError` if no async context manager comes back.
        wants_sessions: Whether its ``lifespan`` asks for ``sessions``.
        written: Its hooks by name, as their author wrote them.
    """

    name: str
    workflow: Workflow
    report: PluginReport
    process: Process
    bare: Process
    around: Callable[[Process], Process]
    save: Callable[[AsyncSession, Any, Any], Awaitable[None]] | None = None
    on_error: Callable[[Any, Exception, Attempt], Outcome | None] | None = None
    lifespan: Callable[[Any, Any], AbstractAsyncContextManager[Any]] | None = None
    wants_sessions: bool = False
    written: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


def bind(
    workflow: Workflow,
    report: PluginReport,
    hooks: dict[str, pluggy.HookImpl],
    around: Sequence[tuple[str, Callable[..., Awaitable[Any]]]],
) -> BoundWorkflow:
    """Compile one plugin's hooks.

    Args:
        workflow: What the plugin declared.
        report: Its report.
        hooks: Its own implementations.
        around: Every plugin's name and compiled ``around_item``, the outermost first.
    """
    name = report.name
    calls = {hook: narrowed(hook, implementation) for hook, implementation in hooks.items()}
    bare = calls["process_item"]
    if not inspect.iscoroutinefunction(hooks["process_item"].function):
        bare = _threaded(bare)

    def wrapped(inner: Process) -> Process:
        for plugin, wrap in reversed(around):
            inner = _wrapped(plugin, wrap, inner)
        return inner

    lifespan = calls.get("lifespan")
    return BoundWorkflow(
        name=name,
        workflow=workflow,
        report=report,
        process=wrapped(bare),
        bare=bare,
        around=wrapped,
        save=calls.get("save_result"),
        on_error=calls.get("on_error"),
        lifespan=_entered(name, lifespan) if lifespan else None,
        wants_sessions=lifespan is not None and "sessions" in parameters_of(hooks["lifespan"]),
        written={hook: implementation.function for hook, implementation in hooks.items()},
    )


def narrowed(hook: str, implementation: pluggy.HookImpl) -> Callable[..., Any]:
    """A call that takes all of a hook's parameters by position and passes those that the implementation asks for."""
    function, offered, wanted = implementation.function, PARAMETERS[hook], parameters_of(implementation)
    if wanted == offered:
        return function
    places = [offered.index(name) for name in wanted]

    def call(*values: Any) -> Any:
        return function(*[values[place] for place in places])

    return call


def _threaded(call: Callable[..., Any]) -> Process:
    async def process(item: Any, attempt: Attempt, resources: Any, settings: Any) -> Any:
        result = await in_thread(call, item, attempt, resources, settings)
        # A decorator can make a plain function of an async one; its coroutine would count as a result.
        return await result if inspect.isawaitable(result) else result

    return process


def _wrapped(plugin: str, wrap: Callable[..., Awaitable[Any]], inner: Process) -> Process:
    def process(item: Any, attempt: Attempt, resources: Any, settings: Any) -> Awaitable[Any]:
        called = False

        def call_next() -> Awaitable[Any]:
            nonlocal called
            if called:
                message = (
                    f"around_item of plugin {plugin!r} called call_next twice: an item is processed once an attempt"
                )
                raise PluginError(message)
            called = True
            return inner(item, attempt, resources, settings)

        return wrap(item, attempt, call_next)

    return process


def _entered(name: str, call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], AbstractAsyncContextManager[Any]]:
    def lifespan(settings: Any, sessions: Any) -> AbstractAsyncContextManager[Any]:
        context = call(settings, sessions)
        if not isinstance(context, AbstractAsyncContextManager):
            message = (
                f"workflow {name!r}: lifespan returned {type(context).__name__}, which is no async context manager: "
                "put @asynccontextmanager between it and @hookimpl"
            )
            raise PluginError(message)
        return context

    return lifespan
