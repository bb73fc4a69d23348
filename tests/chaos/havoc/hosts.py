"""Host processes, and somebody who starts them again when they end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Self

from curation_core.testing import HarnessError, eventually
from havoc.contestant import Contestant

HERE = Path(__file__).resolve().parents[1]

STARTED_AGAIN_AFTER = 0.2  # seconds
AWAY_AT_ITS_START = 5
"""The engine's exit code where no database could be had: whoever starts it tries again."""

EXPECTED_ENDS = {-signal.SIGKILL, -signal.SIGTERM, 128 + signal.SIGTERM, 0, AWAY_AT_ITS_START}
STOPS_WITHIN = 20  # seconds, a failure guard


class Fleet:
    """Several hosts. Each that ends, whatever the reason, is started again, as systemd or Kubernetes would do.

    Args:
        contestant: Whose hosts.
        url: The database, as the hosts reach it.
        folder: For the configuration, the logs and the calls.

    Attributes:
        calls: The file that stands for the world outside.
        ends: How many processes ended with which code.
    """

    def __init__(self, contestant: Contestant, url: str, folder: Path) -> None:
        self.calls = folder / "calls"
        self.calls.touch()
        self.ends: Counter[int] = Counter()
        self._folder = folder
        self._command = contestant.command(url, folder, self.calls)
        others = {name: value for name, value in os.environ.items() if not name.startswith("CURATION_")}
        self._environment = others
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._over = False

    @classmethod
    @asynccontextmanager
    async def at_work(cls, contestant: Contestant, url: str, folder: Path, size: int) -> AsyncIterator[Self]:
        """So many hosts, stopped at the end."""
        fleet = cls(contestant, url, folder)
        async with asyncio.TaskGroup() as keeping:  # a host that can't be started again ends everything
            kept = [keeping.create_task(fleet._keep(slot)) for slot in range(size)]
            try:
                yield fleet
            finally:
                await fleet._stop(kept)

    @property
    def pids(self) -> list[int]:
        """The processes that run, or are frozen."""
        return [process.pid for process in self._running.values()]

    async def replaced(self, pid: int) -> None:
        """Wait until a process has ended."""
        await eventually(lambda: pid not in self.pids, STOPS_WITHIN)

    async def _keep(self, slot: int) -> None:
        while not self._over:
            with (self._folder / f"host-{slot}.log").open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    cwd=HERE,
                    env=self._environment,
                    stdin=asyncio.subprocess.PIPE,  # its end, should this process die, stops the host
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self._running[slot] = process
            if self._over:  # it was being started while the others were stopped
                send(process.pid, signal.SIGTERM)
            code = await process.wait()
            del self._running[slot]
            self.ends[code] += 1
            with suppress(HarnessError):
                await eventually(lambda: self._over, STARTED_AGAIN_AFTER)

    async def _stop(self, keeping: list[asyncio.Task[None]]) -> None:
        self._over = True
        for pid in self.pids:
            send(pid, signal.SIGCONT)
            send(pid, signal.SIGTERM)
        _, running = await asyncio.wait(keeping, timeout=STOPS_WITHIN)
        if running:
            for pid in self.pids:
                send(pid, signal.SIGKILL)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process of a fleet, which may have ended meanwhile."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
