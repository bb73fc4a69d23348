"""Real processes that cost a few milliseconds each: forks of one that has imported everything."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "crash_process.py"


class Forks:
    """Starts ``crash_process.py`` once, and a fork of it for each order."""

    def __init__(self, process):
        self._process = process
        self.pid = 0

    @classmethod
    @asynccontextmanager
    async def ready(cls):
        """The process to fork from, for as long as the context lasts."""
        pipes = dict.fromkeys(("stdin", "stdout"), asyncio.subprocess.PIPE)
        process = await asyncio.create_subprocess_exec(sys.executable, str(SCRIPT), **pipes)
        forks = cls(process)
        try:
            yield forks
        finally:
            if forks.pid:
                forks.kill()
            process.stdin.close()
            await process.wait()
            process._transport.close()  # noqa: SLF001 - else its pipes live on until they are collected

    async def start(self, **order):
        """Fork. Returns once the new process runs."""
        self._process.stdin.write(f"{json.dumps(order)}\n".encode())
        self.pid = int((await self._said("started"))[0])

    def kill(self):
        """End the process as the kernel would."""
        os.kill(self.pid, signal.SIGKILL)

    async def ended(self):
        """Wait for the end of the process. Returns its exit code, or minus the signal."""
        _, code = await self._said("ended")
        self.pid = 0
        return int(code)

    async def _said(self, word):
        said, *words = (await self._process.stdout.readline()).decode().split()
        assert said == word
        return words
