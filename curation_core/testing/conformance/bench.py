"""Where the checks are run: a template with the plugin's tables, a database for each check, what is known so far."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, Self

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from curation_core.errors import CurationError
from curation_core.testing.conformance import effects
from curation_core.testing.conformance.case import Case
from curation_core.testing.conformance.effects import Rows
from curation_core.testing.conformance.remedies import remedy_for
from curation_core.testing.databases import DatabaseServer
from curation_core.testing.harness import Harness
from curation_core.testing.loading import HarnessError, load
from curation_core.testing.loopback import LoopbackServer
from curation_core.testing.processes import Nursery

Check = Callable[["Bench"], Awaitable[None]]
FEWEST_RUNS, MOST_RUNS = 2, 8
UNISOLATED = {"isolation": "none", "memory_limit": 0}
"""Faults, stand-ins and the loopback server's witnesses are in the engine's process, so the items are, too."""


class Nonconforming(AssertionError):
    """The plugin does not do what the check asks.

    Args:
        problem: What was seen.
        remedy: What its author can do, where what was seen does not name a nearer one.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}\nRemedy: {remedy_for(problem, remedy)}")


class Inapplicable(Exception):
    """The check can't be made on this plugin.

    Args:
        reason: Why.
    """


class Bench:
    """Runs the checks of one suite. A context manager.

    Args:
        case: What the author told.
        place: The file of the suite, and its name there.
        server: Where databases are made.
        ledger: The URL of a template with the engine's tables.

    Attributes:
        too_patient: What the plugin tries by itself for too long, where a check has seen it.
    """

    def __init__(self, case: Case, place: tuple[str, str], server: DatabaseServer, ledger: str) -> None:
        self.case = case
        self._server = server
        self._ledger = ledger
        self._stack = ExitStack()
        self._place = place
        self.http = LoopbackServer()
        self.too_patient = ""
        self._known: dict[Check, str] = {}
        self._clean: list[Rows] = []
        self._free: list[str] = []

    def __enter__(self) -> Self:
        self._stack.enter_context(self.http)
        if self.case.serve is not None:
            self.case.serve(self.http)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # -- running a check ----------------------------------------------------------------------------------------------

    def run(self, name: str, check: Check, *, after: Mapping[str, Check] = {}) -> None:
        """Run a check.

        Args:
            name: By which the author can skip it.
            check: What to do.
            after: Checks by name that must have come out well; without them this one would only repeat their failure.
        """
        if name in self.case.skip:
            pytest.skip(self.case.skip[name])
        for first, its_check in after.items():
            if first not in self.case.skip and (trouble := self._trouble(its_check)):
                pytest.skip(f"not before {first} is well: {trouble.splitlines()[0]}")
        problem = reason = ""
        try:
            self._outcome(check)
        except Nonconforming as error:
            problem = str(error)
        except Inapplicable as error:
            reason = str(error)
        if problem:
            pytest.fail(problem, pytrace=False)
        if reason:
            pytest.skip(reason)

    def _trouble(self, check: Check) -> str:
        if check not in self._known:
            with suppress(Exception):  # whatever it is, its own test tells it in full
                self._outcome(check)
        return self._known[check]

    def _outcome(self, check: Check) -> None:
        self._known[check] = ""
        # A loop of its own factory is not made the thread's current one, which belongs to others.
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            try:
                runner.run(check(self))  # type: ignore[arg-type]  # checks are coroutines
            except Inapplicable:
                raise
            except Exception as error:
                self._known[check] = str(error) or type(error).__name__
                raise

    # -- what checks use ----------------------------------------------------------------------------------------------

    @cached_property
    def nursery(self) -> Nursery:
        """Where engines in processes of their own come from."""
        case = self.case
        alone = case.resources is None and (case.plugin is None or isinstance(case.plugin, str))
        reference = case.plugin if isinstance(case.plugin, str) else None
        nursery = Nursery(case.workflow, reference, None if alone else self._place, self.http.base_url)
        self._stack.callback(nursery.close)
        return nursery

    @cached_property
    def template(self) -> str:
        """The URL of a database with the plugin's tables, and the rows that every item needs."""
        self.nursery.warm_up()
        return self._stack.enter_context(self._server.template(self._fill, self._ledger))

    async def _fill(self, engine: AsyncEngine) -> None:
        url = engine.url.render_as_string(hide_password=False)
        harness = self._harness(url)
        await harness.create_tables(self.case.tables)
        await self._prepare(harness)

    async def _prepare(self, harness: Harness) -> None:
        if self.case.prepare is not None:
            async with harness.sessions.begin() as session:
                await self.case.prepare(session)

    def _harness(self, url: str) -> Harness:
        case = self.case
        harness = Harness(
            url,
            case.workflow,
            case.plugin,
            settings=case.settings_for(self.http),
            resources=case.lifespan(self.http),
            nursery=self.nursery,
        )
        harness.always = UNISOLATED
        return harness

    def load(self) -> None:
        """Load the plugin.

        Raises:
            HarnessError: It is refused.
        """
        load(self.case.workflow, self.case.plugin)

    @asynccontextmanager
    async def harness(self, items: int = 1) -> AsyncIterator[Harness]:
        """A harness on a database of its own.

        Args:
            items: How many are queued there.
        """
        url = self._free.pop() if self._free else self._stack.enter_context(self._server.database(self.template))
        harness = self._harness(url)
        async with harness.keeping_connections():
            try:
                await self.queue(harness, items)
                yield harness
            finally:
                harness.end_processes()
            await harness.empty(self.case.tables)
            await self._prepare(harness)
        self._free.append(url)  # one that a check has failed on is left as it is, and not used again

    async def queue(self, harness: Harness, items: int, first: int = 1, make: Any = None) -> None:
        """Queue items.

        Args:
            harness: Where.
            items: How many.
            first: The number of the first.
            make: Another function than ``make_item``.
        """
        made = [self.case.item(number, self.http, make) for number in range(first, first + items)]
        try:
            await harness.add(*made)
        except CurationError:
            raise
        except Exception as error:
            problem = f"the rows that make_item makes can't be added: {error}"
            remedy = "let make_item set every column that the table needs, and prepare= the rows that it refers to"
            raise Nonconforming(problem, remedy) from error

    async def picture(self, harness: Harness) -> Rows:
        """What is there of all that the workflow may write."""
        return await effects.picture(harness, self.case)

    async def differs_from_clean(self, found: Rows) -> str:
        """How what was found differs from what an undisturbed run of the first item leaves.

        Columns that differ from one such run to another do not count: keys, times, measurements. A measurement can be
        the same twice, so before something is said to differ there are further runs.
        """
        others = self.case.others(load(self.case.workflow, self.case.plugin).workflows[self.case.workflow].workflow)
        while True:
            if len(self._clean) >= FEWEST_RUNS:
                noise = set().union(*(effects.noise(others, self._clean[0], other) for other in self._clean[1:]))
                difference = effects.difference(self._clean[0], found, noise)
                if not difference or len(self._clean) == MOST_RUNS:
                    return difference
            async with self.harness() as harness:
                await harness.drain()
                await self.note_clean(harness)

    async def note_clean(self, harness: Harness) -> None:
        """What is there was left by an undisturbed run of the first item, and is what others are compared with."""
        self._clean.append(await self.picture(harness))

    @property
    def file(self) -> Path:
        """The file of the suite."""
        return Path(self._place[0])


def refuse(problem: str, remedy: str) -> NoReturn:
    """Say that the plugin does not do what is asked.

    Args:
        problem: What was seen.
        remedy: What its author can do.
    """
    raise Nonconforming(problem, remedy)


__all__ = ["Bench", "Check", "HarnessError", "Inapplicable", "Nonconforming", "refuse"]
