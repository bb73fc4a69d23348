"""What a plugin's author tells the conformance suite."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import MetaData, Table
from sqlalchemy.ext.asyncio import AsyncSession

from curation_core.outcomes import Outcome
from curation_core.testing._doubles import Lifespan
from curation_core.testing.loopback import Answer, LoopbackServer, Place
from curation_core.workflow import Workflow

Cause = BaseException | type[BaseException] | Answer | Callable[..., object]


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is tested, and how to get items of it. The arguments of `conformance_suite`."""

    workflow: str
    make_item: Callable[..., object]
    plugin: object = None
    tables: MetaData | None = None
    prepare: Callable[[AsyncSession], Awaitable[None]] | None = None
    serve: Callable[[LoopbackServer], None] | None = None
    settings: Mapping[str, Any] | Callable[[LoopbackServer], Mapping[str, Any]] | None = None
    resources: Callable[..., Any] | None = None
    effects: Callable[[AsyncSession], Awaitable[object]] | None = None
    errors: Mapping[Cause, type[Outcome]] = field(default_factory=dict)
    skip: Mapping[str, str] = field(default_factory=dict)

    def item(self, number: int, http: LoopbackServer, make: Callable[..., object] | None = None) -> object:
        """The item of a number.

        Args:
            number: From 1. The same number gives the same item each time, apart from its random keys.
            http: The loopback server.
            make: Another function than ``make_item``.
        """
        made = make or self.make_item
        others = list(inspect.signature(made).parameters.values())[1:]
        wants_http = any(each.default is each.empty or each.name == "http" for each in others[:1])
        return made(number, http) if wants_http else made(number)

    def others(self, workflow: Workflow) -> list[Table]:
        """The tables that the plugin maps besides, without those it owns and those that ``tables`` leaves out.

        Args:
            workflow: Whose own table is not among them.
        """
        owned = {table.fullname for table in workflow.owned_tables}
        return [
            table
            for table in workflow.table.metadata.sorted_tables
            if table is not workflow.table and table.fullname not in owned
            if self.tables is None or table.fullname in self.tables.tables
        ]

    def settings_for(self, http: LoopbackServer) -> Mapping[str, Any] | None:
        """The workflow's own settings."""
        return self.settings(http) if callable(self.settings) else self.settings

    def lifespan(self, http: Place) -> Lifespan | None:
        """What takes the place of the plugin's own ``lifespan``, if anything does."""
        if self.resources is None:
            return None
        made = self.resources

        @asynccontextmanager
        async def lifespan(settings: Any, sessions: Any) -> AsyncIterator[Any]:
            given = _asked(made, settings=settings, sessions=sessions, http=http)
            if isinstance(given, AbstractAsyncContextManager):
                async with given as resources:
                    yield resources
            else:
                yield given

        return lifespan


def _asked(function: Callable[..., Any], **offered: Any) -> Any:
    """Call a function with what it asks for, by the names of its parameters."""
    wanted = inspect.signature(function).parameters
    strangers = [name for name in wanted if name not in offered]
    if strangers:
        message = f"resources asks for {', '.join(strangers)}: it can have {', '.join(offered)}"
        raise TypeError(message)
    return function(**{name: offered[name] for name in wanted})
