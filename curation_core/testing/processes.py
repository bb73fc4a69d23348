"""Engines in processes of their own, for signals that are real. One process imports what they need, and forks them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from curation_core.testing.loading import HarnessError
from curation_core.testing.waiting import eventually

DEADLINE = 60.0  # seconds: a failure guard only


class Nursery:
    """Starts engine processes of one workflow. It is started with the first of them, or by `warm_up` before.

    Args:
        name: The workflow's name.
        reference: ``"package.module"``; ``None`` for the installed plugin of that name.
        suite: The file of a conformance suite and its name there, where the plugin or its resources can't be had
            otherwise.
        http: The address of the loopback server that the suite's functions are told.
    """

    def __init__(
        self, name: str, reference: str | None = None, suite: tuple[str, str] | None = None, http: str = ""
    ) -> None:
        self._order = {"name": name, "reference": reference, "suite": suite, "http": http, "path": sys.path}
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the nursery

    def warm_up(self) -> None:
        """Begin to import, and do not wait for it."""
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, by the same Python
                [sys.executable, "-m", "curation_core.testing.nursery", json.dumps(self._order)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
            )

    async def start(self, order: Mapping[str, Any]) -> EngineProcess:
        """Start an engine.

        Args:
            order: What ``nursery.py`` understands.

        Returns:
            The process, which works.

        Raises:
            HarnessError: It could not be started. The message has what it said.
        """
        self.warm_up()
        engine = EngineProcess(self)
        try:
            engine.pid = await asyncio.to_thread(self._fork, json.dumps({**order, "port": engine.port}, default=str))
            await engine.said("ready")
        except BaseException:
            engine.kill()
            raise
        return engine

    def _fork(self, line: str) -> int:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            message = "the process that starts engines is not there"
            raise HarnessError(message)
        with suppress(BrokenPipeError):
            process.stdin.write(f"{line}\n".encode())
            process.stdin.flush()
        answer = process.stdout.readline().strip()
        if not answer:
            message = f"an engine could not be started in a process of its own: {self.complaint()}"
            raise HarnessError(message)
        return int(answer)

    def complaint(self) -> str:
        """The end of what the processes wrote to their standard error."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")[-3000:]

    def close(self) -> None:
        """End it. The engines that it started are ended by their harness."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._errors.close()


class EngineProcess:
    """An engine in a process of its own. `Harness.start` starts it.

    Args:
        nursery: Where it came from.

    Attributes:
        pid: Of the process.
        lines: What it said so far: ``ready``, ``held``, ``settled ITEM OUTCOME``, ``measured N RSS FILES OTHERS``,
            ``over``.
    """

    def __init__(self, nursery: Nursery) -> None:
        self.pid = 0
        self.lines: list[str] = []
        self._nursery = nursery
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._line: socket.socket | None = None
        self._hearing = threading.Thread(target=self._hear, name="hear an engine", daemon=True)
        self._hearing.start()

    async def said(self, words: str, times: int = 1, deadline: float = DEADLINE) -> list[str]:
        """Wait until it has said so many lines that begin with these words.

        Args:
            words: How they begin.
            times: How many.
            deadline: Seconds, as a failure guard.

        Returns:
            The lines.

        Raises:
            HarnessError: It ended without, or did not say them in time.
        """

        def found() -> list[str]:
            return [line for line in list(self.lines) if line.startswith(words)]

        await eventually(lambda: not self._hearing.is_alive() or len(found()) >= times, deadline)
        if len(found()) < times:
            message = f"the engine did not say {words!r}: {self.lines[-10:]} {self._nursery.complaint()}"
            raise HarnessError(message)
        return found()

    async def died(self, deadline: float = DEADLINE) -> None:
        """Wait until the process is gone.

        Args:
            deadline: Seconds, as a failure guard.

        Raises:
            HarnessError: It is still there.
        """
        await eventually(lambda: not self._hearing.is_alive(), deadline)

    def tell(self, line: str) -> None:
        """Say ``release`` (to what is held) or ``stop``.

        Args:
            line: The order.
        """
        if self._line is not None:
            self._line.sendall(f"{line}\n".encode())

    def send(self, number: signal.Signals) -> None:
        """Send a signal.

        Args:
            number: Which.
        """
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it as the kernel would, and return when it is gone."""
        if self._hearing.is_alive() and self.pid:
            with suppress(ProcessLookupError):
                self.send(signal.SIGKILL)
        self._door.close()
        self._hearing.join(DEADLINE)

    def _hear(self) -> None:
        self._door.settimeout(DEADLINE)
        with suppress(OSError):
            self._line, _ = self._door.accept()
            with self._line, self._line.makefile() as lines:
                self.lines.extend(line.strip() for line in lines)
        self._door.close()
