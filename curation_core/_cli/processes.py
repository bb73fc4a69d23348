"""Several processes of ``curation run`` under one: started again when they die, stopped together."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys

from curation_core._cli.exits import Exit

_logger = logging.getLogger(__name__)

# What starting again does not mend.
_LASTING = {Exit.USAGE, Exit.CONFIGURATION, Exit.PLUGINS, Exit.DATABASE}
_OTHER_ADDRESSES = {"CURATION_DATABASE__URL", "CURATION_DATABASE_URL_FILE", "CURATION_DATABASE__URL_FILE"}
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a process is started again: doubled each time, from the first to the longest."""
STEADY = 60.0
"""Seconds after which a process has shown that it can live, and the pauses begin anew."""


async def start(arguments: list[str], url: str) -> asyncio.subprocess.Process:
    """Start a process of ``curation run``.

    It is in a process group of its own, or Ctrl-C would reach it twice: from the terminal and from here. With
    ``--parent-pipe`` it reads a pipe from here, and drains when that ends: it does not outlive this process, however
    that dies.

    Args:
        arguments: Of ``curation run``.
        url: The database's address, handed on by the environment.
    """
    others = {name: text for name, text in os.environ.items() if name not in _OTHER_ADDRESSES}
    # -P: the current folder is no place to import from, as for the command `curation` itself.
    command = [sys.executable, "-P", "-m", "curation_core", "run", *arguments]
    environment = {**others, "CURATION_DATABASE_URL": url}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, env=environment, start_new_session=True)


class Supervisor:
    """Keeps a number of processes running.

    Args:
        arguments: Of ``curation run``.
        url: The database's address, handed on by the environment.
        processes: How many.
    """

    def __init__(self, arguments: list[str], url: str, processes: int) -> None:
        self._arguments, self._url = arguments, url
        self._processes = processes
        self._final = {Exit.WELL, Exit.FOUND} if "--until-idle" in arguments else {Exit.WELL}
        self._running: set[asyncio.subprocess.Process] = set()
        self._stopping = asyncio.Event()

    async def run(self) -> int:
        """Run until every process has ended.

        Returns:
            The highest of their exit codes, and not well where one had to be started again before all was done: what
            failed in it is not known here.
        """
        codes = await asyncio.gather(*(self._keep() for _ in range(self._processes)))
        return next((code for code in codes if code in _LASTING), max(codes))

    def forward(self, number: int) -> None:
        """Pass a signal on to every process, and start none again."""
        self._stopping.set()
        for process in self._running:
            if process.returncode is None:
                process.send_signal(number)

    async def _keep(self) -> int:
        loop, pause, found = asyncio.get_running_loop(), FIRST_PAUSE, Exit.WELL
        while True:
            started = loop.time()
            code = await self._once()
            if code in _LASTING:
                self.forward(signal.SIGTERM)
            if self._stopping.is_set() or code in self._final:
                return max(code, found)
            found = Exit.FOUND
            pause = FIRST_PAUSE if loop.time() - started > STEADY else min(pause * 2, LONGEST_PAUSE)
            _logger.error("a process ended with %s; it is started again in %g s", cause(code), pause)
            try:
                async with asyncio.timeout(pause):
                    await self._stopping.wait()
            except TimeoutError:
                continue
            return max(code, found)

    async def _once(self) -> int:
        process = await start(self._arguments, self._url)
        self._running.add(process)
        if self._stopping.is_set():  # it was being started while the others were stopped
            process.send_signal(signal.SIGTERM)
        try:
            return await process.wait()
        finally:
            self._running.discard(process)


def cause(code: int) -> str:
    """What the exit code of a process says."""
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
