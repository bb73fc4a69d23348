"""Several processes in one, whose statements are let through a gate one at a time, in any order a test likes."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack, suppress
from datetime import timedelta

from sqlalchemy import text

from curation_core._sql.rows import Rows
from curation_core._store import Store
from curation_core.settings import DatabaseSettings
from lab.gate import Gate
from lab.witness import save_token

PATIENCE = 0.002  # seconds until the server is asked whether a statement waits for a lock
DEADLINE = 20  # seconds, a failure guard
LOST_AFTER = timedelta(seconds=15)
WITHOUT_EFFECT = re.compile(r"SELECT (set_config|EXISTS|curation\.control)|SAVEPOINT|RELEASE|ROLLBACK;", re.IGNORECASE)
"""What nobody else can see, or not be seen by: to stop there is the same as to stop at the next."""
WHO_WAITS = text(
    "select pid, pg_blocking_pids(pid) as behind from pg_stat_activity where pid = any(cast(:pids as int[]))"
)


class Lane:
    """What one process does over one connection: an operation of the engine, a statement at a time.

    Attributes:
        stop: The statement that waits at the gate, if one does.
    """

    def __init__(self, name, stage):
        self.name = name
        self.gate = Gate(stage.lab.url, stage.moved.set, WITHOUT_EFFECT)
        self._stage = stage
        self._operation = None

    def __repr__(self):
        return self.name

    async def open(self, stack, workflow_name, workflow):
        """Make its way to the database."""
        await stack.enter_async_context(self.gate.open())
        clock = DatabaseSettings(clock=self._stage.lab.clock, pool_size=2)
        self.store = Store(self.gate.url, clock, timedelta(hours=1))
        stack.push_async_callback(self.store.close)
        described = await self.store.describe(workflow.table)
        self.rows = Rows(workflow_name, workflow, described.as_facts())
        self.settling = self.store.settling(self.rows, save_token, {}, timedelta(seconds=10))
        self.upkeep = self.store.upkeep(LOST_AFTER)
        self.gate.closed = True

    @property
    def idle(self):
        """Whether it does nothing."""
        return self._operation is None

    @property
    def stop(self):
        """What waits at its gate."""
        return self.gate.waiting[0] if self.gate.waiting else None

    @property
    def moves(self):
        """Whether it is on its way to the gate, or to its end."""
        return self._operation is not None and self.stop is None

    async def start(self, operation):
        """Begin an operation, up to its first statement."""
        assert self._operation is None
        self._operation = asyncio.create_task(operation, name=self.name)
        self._operation.add_done_callback(lambda _: self._stage.moved.set())
        await self._stage.settle_down()

    async def step(self):
        """Let one statement go, until the next waits."""
        self.stop.go()
        await self._stage.settle_down()

    async def cut(self, *, reached):
        """Let the connection end at the statement that waits.

        Args:
            reached: After the server has done it, and before anybody heard of that; else before it was sent.
        """
        if reached:
            await self._reach()
        self._stage.dead.update(self.gate.cut())

    async def kill(self, *, reached=False):
        """End the process at the statement that waits: nothing of its operation goes on."""
        if reached:
            await self._reach()
        operation, self._operation = self._operation, None
        while operation is not None and not operation.done():
            operation.cancel()
            self._stage.dead.update(self.gate.cut())
            await asyncio.wait([operation], timeout=0.1)
        if operation is not None:
            self._stage.dead.update(self.gate.cut())  # what it may have begun to open while it ended
            await asyncio.gather(operation, return_exceptions=True)

    async def _reach(self):
        stop = self.stop
        if stop is not None:
            stop.go(unheard=True)
            await self._stage.answered_or_waiting(stop)

    def collect(self):
        """Take note that the operation is over; what it raised is raised here."""
        if self._operation is not None and self._operation.done():
            operation, self._operation = self._operation, None
            operation.result()


class Stage:
    """Lanes over one database, and a look at who waits for whom.

    Args:
        lab: The laboratory.
    """

    def __init__(self, lab):
        self.lab = lab
        self.moved = asyncio.Event()
        self.dead = set()
        self.lanes = {}
        self._stack = AsyncExitStack()

    async def open(self, names, workflow_name, workflow):
        """Make a lane for each name, and a way of the test's own that is always free."""
        free = Lane("free", self)
        await free.open(self._stack, workflow_name, workflow)
        free.gate.closed = False
        self.store, self.rows, self.settling, self.upkeep = free.store, free.rows, free.settling, free.upkeep
        for name in names:
            self.lanes[name] = Lane(name, self)
            await self.lanes[name].open(self._stack, workflow_name, workflow)

    async def close(self):
        """End everything."""
        await self.clear()
        await self._stack.aclose()

    async def clear(self):
        """End what goes on, all at once."""
        for lane in self.lanes.values():
            await lane.kill()
        await self.settle_down()

    async def settle_down(self):
        """Wait until every operation waits at its gate, waits for a lock that such a one holds, or is over."""
        async with asyncio.timeout(DEADLINE):
            while self.dead or any(lane.moves for lane in self.lanes.values()):
                self.moved.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE):
                        await self.moved.wait()
                for lane in self.lanes.values():
                    lane.collect()
                moving = [lane for lane in self.lanes.values() if lane.moves]
                at_work = {stop.line.pid for lane in moving for stop in lane.gate.running}
                if all(lane.gate.running for lane in moving) and await self._waits(at_work):
                    return

    async def answered_or_waiting(self, stop):
        """Wait until the server has answered a statement, or has it wait for a lock."""
        async with asyncio.timeout(DEADLINE):
            while not stop.answered.is_set() and not await self._waits({stop.line.pid}):
                with suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE):
                        await stop.answered.wait()

    async def _waits(self, pids):
        """Whether all of these, and of the dead that are still there, wait for somebody who stands still."""
        asked = pids | self.dead
        if not asked:
            return True
        behind = {row.pid: set(row.behind) for row in await self.lab.all(WHO_WAITS, {"pids": list(asked)})}
        self.dead &= behind.keys()
        waiting = {pid for pid, others in behind.items() if others - behind.keys()}
        while more := {pid for pid, others in behind.items() if pid not in waiting and others & waiting}:
            waiting |= more
        return waiting >= behind.keys() | pids
