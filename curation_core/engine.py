"""The host process at work: every workflow that is loaded and fits, until it is told to stop or nothing is left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from curation_core import _judge
from curation_core._binding import Fitted, fit
from curation_core._renaming import rename
from curation_core._shift import Shift
from curation_core._sql.rows import Rows
from curation_core._store import Store
from curation_core._store.connections import is_passing
from curation_core._waiting import wait_for
from curation_core.errors import UnknownWorkflow
from curation_core.host import Host, core_version
from curation_core.settings import Settings

_logger = logging.getLogger(__name__)

IDLE_CHECK_EVERY = 0.1  # seconds
LOOK_AGAIN_AFTER = 0.5  # seconds, where rows are left that nobody can claim at this moment
LET_GO_AFTER = 1.0  # seconds for what an earlier worker id still has to settle, once the last one has stopped
RESTART_PAUSE = 1.0  # seconds before a worker id that could not be registered is tried again


@dataclass(slots=True)
class Summary:
    """What a run did.

    Args:
        counts: For each workflow, how many attempts ended how.
        faults: For each workflow that did not run, why.
    """

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """How many items failed."""
        return sum(counts.get("failed", 0) for counts in self.counts.values())


class Engine:
    """Runs a host's workflows in this process.

    Args:
        host: The loaded plugins.
        settings: Everything configured.
        store: The database, open and checked.
        only: Names of the workflows to run; empty for all that are enabled.

    Raises:
        UnknownWorkflow: A name in ``only`` is not loaded.
        ConfigurationError: Two workflows of one plugin give a table different names.
    """

    def __init__(self, host: Host, settings: Settings, store: Store, only: Collection[str] = ()) -> None:
        for name in only:
            if name not in host.workflows:
                raise UnknownWorkflow(name, list(host.workflows))
        for name, bound in host.workflows.items():
            rename(name, bound.workflow, settings.tables.get(name, {}))
        self._host = host
        self._settings = settings
        self._store = store
        self._wanted = {
            name: bound
            for name, bound in host.workflows.items()
            if (name in only if only else settings.policies[name].enabled)
        }
        self._shift: Shift | None = None
        self._cut_off = False
        self._process = uuid4().bytes[:8]
        self._stopping = asyncio.Event()
        self._shifts: dict[Shift, set[asyncio.Task[Any]]] = {}
        self._summary = Summary()

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """For each workflow how many attempts ended how, so far."""
        counts = self._summary.counts
        for shift in self._shifts:
            counts = _added(counts, shift)
        return counts

    def stop(self) -> None:
        """Stop: the first time running items may finish within the drain timeout, the second time they may not."""
        if self._stopping.is_set() and self._shift is not None:
            self._shift.give_back()
        self._stopping.set()
        if self._shift is not None:
            self._shift.end()

    async def run(self, *, until_idle: bool = False) -> Summary:
        """Work until `stop` is called.

        Args:
            until_idle: Also stop when nothing is queued, running or waiting for a retry, on any host, in the
                workflows that are not paused.

        Returns:
            What was done.
        """
        fitted, self._summary.faults = await self._fit(patient=not until_idle)
        async with AsyncExitStack() as stack:
            resources = await self._enter(stack, fitted)
            while fitted and not self._stopping.is_set():
                await self._work(fitted, resources, until_idle=until_idle)
            await self._let_go()
        self._forget_ended_shifts()
        return self._summary

    async def _fit(self, *, patient: bool) -> tuple[dict[str, Fitted], dict[str, str]]:
        while True:
            try:
                return await fit(self._store, self._wanted, self._settings, self._host.workflows)
            except Exception as error:
                if not patient or not is_passing(error):
                    raise
                _logger.warning("the tables can't be looked at yet: %s", _judge.describe(error))
                await wait_for(self._stopping, RESTART_PAUSE)
                if self._stopping.is_set():
                    return {}, {}

    async def _enter(self, stack: AsyncExitStack, fitted: dict[str, Fitted]) -> dict[str, Any]:
        resources: dict[str, Any] = {}
        for name, each in list(fitted.items()):
            if each.bound.lifespan is None:
                continue
            try:
                sessions = await stack.enter_async_context(self._store.sessions_for(name))
                lifespan = each.bound.lifespan(each.settings, sessions)
                resources[name] = await lifespan.__aenter__()
                stack.push_async_callback(_leave, name, lifespan)
            except Exception as error:
                self._summary.faults[name] = f"its lifespan could not be entered: {_judge.describe(error)}"
                _logger.exception("%s is disabled: its lifespan could not be entered", name)
                del fitted[name]
        return resources

    async def _work(self, fitted: Mapping[str, Fitted], resources: Mapping[str, Any], *, until_idle: bool) -> None:
        shift = Shift(
            self._store,
            self._settings.host,
            fitted,
            resources,
            self._host.observers,
            core_version() or "?",
            process=self._process,
            cut_off=self._cut_off,
        )
        self._forget_ended_shifts()
        self._shift = shift
        self._shifts[shift] = set()
        if not until_idle:  # a run that ends tells what it did
            _logger.info("works %s, as worker %s", ", ".join(fitted), shift.id)
        watching = (
            asyncio.create_task(self._end_when_idle(shift, [each.rows for each in fitted.values()]))
            if until_idle
            else None
        )
        try:
            self._shifts[shift] = await shift.run()
            self._cut_off = bool(shift.lost)
            if shift.lost:
                self._store.cut_connections()
        except Exception as error:  # noqa: BLE001 - the database may be away; it is tried until it is back
            self._cut_off = True
            _logger.warning("no work under a new worker id yet: %s", _judge.describe(error))
            await wait_for(self._stopping, RESTART_PAUSE)
        finally:
            if watching is not None:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
            self._shift = None

    def _forget_ended_shifts(self) -> None:
        for shift, left in list(self._shifts.items()):
            if all(task.done() for task in left):
                self._summary.counts = _added(self._summary.counts, shift)
                del self._shifts[shift]

    async def _let_go(self) -> None:
        left = {task for tasks in self._shifts.values() for task in tasks if not task.done()}
        if left and len(self._shifts) > 1:  # the last one has had its time
            _, left = await asyncio.wait(left, timeout=LET_GO_AFTER)
        if left:
            names = ", ".join(sorted(task.get_name() for task in left))
            _logger.error("results of %s could not be settled in time and are lost, their rows will be rescued", names)
            for task in left:
                task.cancel()
            await asyncio.wait(left)

    async def _end_when_idle(self, shift: Shift, workflows: Sequence[Rows]) -> None:
        """Stop when nothing is queued and no host holds anything: a timer, a sweep or a settle wakes who waits."""
        upkeep = self._store.upkeep(self._settings.host.lost_after)
        while not self._stopping.is_set():
            await wait_for(self._stopping, IDLE_CHECK_EVERY)
            if shift.busy or shift.troubled:
                continue
            try:
                if await upkeep.anything_left(workflows):
                    await wait_for(self._stopping, LOOK_AGAIN_AFTER)
                    shift.wake()  # it may be a row that somebody has locked, or one whose time comes
                elif not shift.busy:
                    self.stop()
            except Exception as error:  # noqa: BLE001 - the database may be away; it is asked again
                _logger.warning("could not see whether anything is left: %s", _judge.describe(error))


async def _leave(name: str, lifespan: AbstractAsyncContextManager[Any]) -> None:
    try:
        await lifespan.__aexit__(None, None, None)
    except Exception:  # all items are settled by now, and the other workflows' lifespans want to be left too
        _logger.exception("%s: its lifespan could not be left", name)


def _added(counts: Mapping[str, Mapping[str, int]], shift: Shift) -> dict[str, dict[str, int]]:
    added = {name: dict(of) for name, of in counts.items()}
    for name, worker in shift.workers.items():
        of = added.setdefault(name, {})
        for outcome, number in worker.counts.items():
            of[outcome] = of.get(outcome, 0) + number
    return added
