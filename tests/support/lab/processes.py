"""Hosts in processes of their own, which a test can kill, freeze and talk to."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "host_process.py"
DEADLINE = 30  # seconds, a failure guard


class HostProcess:
    """A running ``host_process.py``. Make one with `start`."""

    def __init__(self, process):
        self.process = process
        self.lines = []
        self._said = Counter()
        self._changed = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, lab, **orders):
        """Start a host on a laboratory's database, and wait until it works."""
        told = json.dumps({"url": lab.url, "clock": lab.clock} | orders)
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), asyncio.subprocess.PIPE)
        host = cls(await asyncio.create_subprocess_exec(sys.executable, str(SCRIPT), told, **pipes))
        lab.processes.append(host)
        return host

    @property
    def pid(self):
        """Of the process."""
        return self.process.pid

    async def said(self, words, times=1):
        """Wait until it has said so many lines that begin with these words."""
        async with asyncio.timeout(DEADLINE):
            while self._said[words] < times:
                assert not self._reading.done(), f"ended without saying {words!r}: {await self._complaint()}"
                self._changed.clear()
                await self._changed.wait()

    def tell(self, line):
        """Give an order."""
        self.process.stdin.write(f"{line}\n".encode())

    def send(self, number):
        """Send a signal."""
        os.kill(self.pid, number)

    async def kill(self):
        """Kill it as the kernel would, and wait until it is gone."""
        with suppress(ProcessLookupError):
            self.send(signal.SIGKILL)
        await self._end()

    async def ended(self):
        """Wait for its own end. Returns what it did, by workflow and outcome."""
        async with asyncio.timeout(DEADLINE * 2):
            await self._reading
        complaint = await self._complaint()
        assert await self._end() == 0, complaint
        return json.loads(self.lines[-1].removeprefix("over "))

    async def _end(self):
        self.process.stdin.close()
        await asyncio.gather(self._reading, return_exceptions=True)
        code = await self.process.wait()
        self.process._transport.close()  # noqa: SLF001 - else its pipes live on until they are collected
        return code

    async def _read(self):
        async def drain():
            self._errors = await self.process.stderr.read()

        draining = asyncio.create_task(drain())
        while line := await self.process.stdout.readline():
            words = line.decode().split()
            self.lines.append(" ".join(words))
            self._said.update(" ".join(words[:length]) for length in range(1, len(words) + 1))
            self._changed.set()
        await draining
        self._changed.set()

    async def _complaint(self):
        await asyncio.gather(self._reading, return_exceptions=True)
        return f"{self.lines[-20:]} {self._errors.decode()[-3000:]}"
