"""The conformance suite: what every plugin must bear, as tests of its own repository."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncSession

from curation_core.outcomes import Outcome
from curation_core.testing.conformance.case import Case, Cause
from curation_core.testing.conformance.suite import Suite
from curation_core.testing.loopback import LoopbackServer


def conformance_suite(
    workflow: str,
    *,
    make_item: Callable[[int], object] | Callable[[int, LoopbackServer], object],
    plugin: object = None,
    tables: MetaData | None = None,
    prepare: Callable[[AsyncSession], Awaitable[None]] | None = None,
    serve: Callable[[LoopbackServer], None] | None = None,
    settings: Mapping[str, Any] | Callable[[LoopbackServer], Mapping[str, Any]] | None = None,
    resources: Callable[..., Any] | None = None,
    effects: Callable[[AsyncSession], Awaitable[object]] | None = None,
    errors: Mapping[Cause, type[Outcome]] | None = None,
    skip: Mapping[str, str] | None = None,
) -> type[Suite]:
    """Make the tests that a workflow must pass. A module gives them a name that pytest collects: ``TestMine = …``.

    Args:
        workflow: Its name.
        make_item: ``make_item(n)`` or ``make_item(n, http)``: an instance of the workflow's model that comes to its
            end when it is processed; unlike every other ``n``, and each time the same for the same ``n``, apart from
            random keys. Leave the status unset: it is queued.
        plugin: A module, an instance or ``"package.module"``; by default the installed plugin of that name.
        tables: The application's tables, as a host finds them; by default those that the plugin maps. What it maps
            besides is not looked at.
        prepare: Adds the rows that every item refers to.
        serve: Tells the loopback server ``http`` what to answer, for a plugin that asks others. Answer each path in its
            own way, so that results which are mixed up can be told apart.
        settings: The workflow's own, as in ``[workflows.NAME.settings]``; or a function of ``http`` that makes them.
        resources: Takes the place of the plugin's ``lifespan``: a function of any of ``settings``, ``sessions`` and
            ``http`` that gives what the hooks get, or an async context manager of it.
        effects: What the workflow leaves in the database, as a value to compare. By default all rows of all tables
            that the plugin maps, apart from those that it owns and from what differs between two undisturbed runs.
        errors: What a first attempt must come to. The cause is an exception that ``process_item`` meets, an `Answer`
            of the loopback server to every request, or another ``make_item``; the outcome one of `Done`, `Skip`,
            `Retry`, `Fail` and `Pause`.
        skip: Checks that do not fit, by name without ``test_``, each with the reason.

    Returns:
        A class of tests.

    Raises:
        ValueError: ``skip`` names no check, or gives no reason.
    """
    case = Case(
        workflow=workflow,
        make_item=make_item,
        plugin=plugin,
        tables=tables,
        prepare=prepare,
        serve=serve,
        settings=settings,
        resources=resources,
        effects=effects,
        errors=errors or {},
        skip=skip or {},
    )
    checks = [name.removeprefix("test_") for name in vars(Suite) if name.startswith("test_")]
    for name, reason in case.skip.items():
        if name not in checks or not reason:
            message = f"skip: {name!r} needs a reason, and to be one of {', '.join(checks)}"
            raise ValueError(message)
    return type("ConformanceSuite", (Suite,), {"case": case, "__doc__": f"What workflow {workflow} must bear."})


__all__ = ["Suite", "conformance_suite"]
