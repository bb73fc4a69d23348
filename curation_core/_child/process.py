"""One child process as the host has it: started, given items, and gone for certain."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from curation_core._child import wire
from curation_core._logging import log_context
from curation_core.errors import ChildDied, PluginError
from curation_core.host._threads import in_thread

_SCRIPT = str(Path(__file__).parent / "__main__.py")
_KEPT_BACK = ("CURATION_", "PG")  # its own settings it is handed; the rest is for who opens database connections
_CHUNK = 4096  # bytes of output that are logged before anybody else gets a turn
_LONGEST_LINE = 8192  # bytes
LAST_WORDS = 1.0  # seconds for what a dead child said last to arrive
LEAVES_WITHIN = 5.0  # seconds for a child to leave its lifespan

_logger = logging.getLogger("curation_core.child")
_lifelines: set[int] = set()  # the writing ends that this process holds


def _let_go_in_fork() -> None:
    for lifeline in _lifelines:
        os.close(lifeline)  # a fork of the host must not keep its children alive
    _lifelines.clear()


os.register_at_fork(after_in_child=_let_go_in_fork)


class Child:
    """A child process. Make one with `start`, then let it `load`.

    Attributes:
        items: How many it was given.
        memory_at_first: Bytes in use after the first: what that loaded, the others use too.
    """

    def __init__(
        self,
        name: str,
        process: subprocess.Popen[bytes],
        talk: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        output: tuple[asyncio.StreamReader, asyncio.ReadTransport],
        lifeline: int,
    ) -> None:
        self.items = self.memory_at_first = 0
        self._names: Mapping[str, str | int] = {"workflow": name}
        self._idle_names = self._names
        self._process = process
        self._reader, self._writer = talk
        self._output, self._output_transport = output
        self._lifeline = lifeline
        _lifelines.add(lifeline)
        self._answer: asyncio.Future[Any] | None = None
        self._death = ""
        self._is_mute = False
        self._reaping = asyncio.create_task(in_thread(_reaped, process))
        self._listening = asyncio.create_task(self._listen())
        self._following = asyncio.create_task(self._follow_output())
        self._ending = asyncio.create_task(self._await_end())

    @classmethod
    async def start(cls, name: str) -> Child:
        """Start a process for a workflow of this name.

        Raises:
            OSError: The system gives no further process.
        """
        with ExitStack() as kept, ExitStack() as given:
            ours, theirs = socket.socketpair()
            kept.enter_context(ours)
            given.enter_context(theirs)
            lifeline, hold = os.pipe()
            kept.callback(os.close, hold)
            given.callback(os.close, lifeline)
            output, said = os.pipe()
            given.callback(os.close, said)
            file = kept.enter_context(os.fdopen(output, "rb", buffering=0))
            lines = asyncio.StreamReader(limit=_CHUNK)
            transport, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(lines), file
            )
            kept.callback(transport.close)
            talk = await asyncio.open_unix_connection(sock=ours)
            kept.callback(talk[1].close)
            process = _popen(name, theirs.fileno(), lifeline, said)
            kept.pop_all()
            return cls(name, process, talk, (lines, transport), hold)

    async def load(self, order: wire.Order) -> None:
        """Let it load its plugin and enter the lifespan. It is gone where this raises.

        Raises:
            PluginError: It could not.
            ChildDied: It died of trying.
        """
        try:
            self._writer.write(_sys_path() + wire.packed(order))
            said = await self._ask("before it was ready for its first item")
        except BaseException:
            self.kill()
            await self.ended()
            raise
        if isinstance(said, wire.Refused):
            await self.ended()
            raise PluginError(said.fault)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not been heard of to have ended."""
        return not self._death

    async def run(self, item: wire.Item) -> wire.Answer:
        """Let it run an item; nobody else may until it has.

        Raises:
            ChildDied: It ended before it answered.
            asyncio.CancelledError: The caller was cancelled; the child goes on, and must be killed.
        """
        self.items += 1
        self._names = item.names
        self._writer.write(wire.packed(item))
        answer: wire.Answer = await self._ask("while it held this item")
        self._names = self._idle_names
        self.memory_at_first = self.memory_at_first or answer.memory
        return answer

    def kill(self) -> None:
        """Kill it and all that it started. `ended` returns soon."""
        self._process.kill()

    async def leave(self) -> None:
        """Let it leave its lifespan and end; kill it if it takes too long."""
        with suppress(OSError, RuntimeError):  # it may be gone already
            self._writer.write_eof()
        await asyncio.wait([self._ending], timeout=LEAVES_WITHIN)
        if not self._ending.done():
            _logger.warning("child %d did not leave its lifespan within %g s: killed", self.pid, LEAVES_WITHIN)
            self.kill()
        await self.ended()

    async def ended(self) -> None:
        """Wait until nothing is left of it."""
        await asyncio.wait([self._ending])

    async def _ask(self, when: str) -> Any:
        if not self._death:
            self._answer = asyncio.get_running_loop().create_future()
            said = await self._answer
            if said is not None:
                return said
        message = f"the child process {self._death} {when}"
        raise ChildDied(message)

    async def _listen(self) -> None:
        try:
            while True:
                (length,) = wire.LENGTH.unpack(await self._reader.readexactly(wire.LENGTH.size))
                wire.require_possible(length)
                message = pickle.loads(await self._reader.readexactly(length))  # noqa: S301 - from our own child
                if isinstance(message, wire.Line):
                    self._log(message)
                    await asyncio.sleep(0)  # a child that logs without end must not keep the others waiting
                elif self._answer is not None and not self._answer.done():
                    self._answer.set_result(message)
        except (asyncio.IncompleteReadError, OSError):
            pass
        except Exception:
            _logger.exception("what child %d says can't be read", self.pid)
        await asyncio.wait([self._reaping], timeout=LAST_WORDS)
        if not self._reaping.done():  # it has not ended, and can't be heard any more
            self._is_mute = True
            self.kill()

    async def _follow_output(self) -> None:
        """Log what it prints, and what a crash writes to the standard error."""
        rest = b""
        while chunk := await self._output.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            self._log_output(lines)
            await asyncio.sleep(0)
        self._log_output([rest])

    def _log_output(self, lines: list[bytes]) -> None:
        with log_context(**self._names):
            for line in lines:
                if text := line.decode(errors="replace").rstrip():
                    _logger.info("%s", text)

    def _log(self, line: wire.Line) -> None:
        record = logging.makeLogRecord(dict(line.fields))
        logger = logging.getLogger(record.name)
        if logger.isEnabledFor(record.levelno):
            with log_context(**line.names):
                logger.handle(record)

    async def _await_end(self) -> None:
        code = await self._reaping
        self._death = "lost its connection to the host" if self._is_mute else _told(code)
        # What it said last is still on its way: an answer, or the traceback of a crash.
        await asyncio.wait([self._listening, self._following], timeout=LAST_WORDS)
        self._listening.cancel()
        self._following.cancel()
        self._writer.close()
        self._output_transport.close()
        _lifelines.discard(self._lifeline)
        os.close(self._lifeline)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)


def _popen(name: str, talk: int, lifeline: int, output: int) -> subprocess.Popen[bytes]:
    environ = {key: value for key, value in os.environ.items() if not key.startswith(_KEPT_BACK)}
    # A signal that comes before the child can ignore it waits until it does.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        return subprocess.Popen(  # noqa: S603 - our own words; the workflow's name is one of them
            [sys.executable, "-P", _SCRIPT, str(talk), name],
            stdin=lifeline,
            stdout=output,
            stderr=output,
            pass_fds=[talk],
            env=environ,
            start_new_session=True,  # Ctrl-C in a terminal reaches every process of the terminal's session
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _sys_path() -> bytes:
    paths = json.dumps(sys.path).encode()
    return wire.LENGTH.pack(len(paths)) + paths


def _reaped(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process's end, and end what it started. Returns its exit code, or minus the signal that ended it."""
    if sys.platform == "linux":
        with suppress(ChildProcessError):  # not reaped, it keeps its number, and no stranger is killed below
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    else:
        process.wait()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def _told(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    number = -code
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    hint = ", as the kernel does where memory runs out," if number == signal.SIGKILL else ""
    return f"was ended by {name}{hint}"
