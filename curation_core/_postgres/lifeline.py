"""The pipe that a server's life hangs on. Every process that uses the server holds it; the watchdog reads it.

A pipe, because the kernel closes it for a process that is killed. A named one, because a second process that joins
the server takes hold of it too: the server then outlives the process that started it.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path
from weakref import WeakSet

from curation_core._postgres import watchdog
from curation_core._postgres.account import Account
from curation_core._postgres.files import PAUSE, ServerFiles

# The child says itself who it is before it becomes the program: no moment is left in which its owner can die and
# leave a server that the watchdog has not heard of, for the child holds the pipe until then.
_ANNOUNCED = 'echo $$ >&0; exec "$0" "$@" </dev/null'

# Seconds until a pipe that is still held is held by somebody else. A program that is being started holds it too, for
# the moment until the kernel has closed what it must not inherit.
_DOUBT = 0.2

_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "TZ")


class Lifeline:
    """One process's hold on a server.

    Args:
        files: Where the pipe, the lock and the log are.
        reader: A descriptor of the pipe's reading end, for the watchdog and to see who else holds the pipe.
        hold: A descriptor of its writing end. It is closed in programs that are run, and in forks.
        doomed: Folders that the watchdog removes at the end.
    """

    def __init__(self, files: ServerFiles, reader: int, hold: int, doomed: tuple[Path, ...] = ()) -> None:
        self._files = files
        self._reader = reader
        self._hold: int | None = hold
        self._doomed = doomed
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._children: list[subprocess.Popen[bytes]] = []
        _all.add(self)

    @classmethod
    def make(cls, files: ServerFiles, doomed: tuple[Path, ...]) -> Lifeline:
        """Make the pipe, in place of an older one, and start its watchdog."""
        files.pipe.unlink(missing_ok=True)
        os.mkfifo(files.pipe, 0o600)
        reader = os.open(files.pipe, os.O_RDONLY | os.O_NONBLOCK)
        lifeline = cls(files, reader, os.open(files.pipe, os.O_WRONLY), doomed)
        lifeline._watch()
        return lifeline

    @classmethod
    def join(cls, files: ServerFiles) -> Lifeline | None:
        """Take hold of another process's pipe; ``None`` where nobody reads it."""
        try:
            hold = os.open(files.pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENXIO}:
                return None
            raise
        return cls(files, os.open(files.pipe, os.O_RDONLY | os.O_NONBLOCK), hold)

    def run(self, command: list[str], account: Account, pass_fds: Collection[int] = ()) -> subprocess.Popen[bytes]:
        """Start a program that the watchdog stops at the pipe's end.

        Args:
            command: The program's path and its arguments.
            account: Who it runs as.
            pass_fds: Descriptors it inherits.
        """
        announced = ["/bin/sh", "-c", _ANNOUNCED, *command]
        child = self._start(announced, self._hold, account if account.is_other else None, pass_fds)
        self._children.append(child)
        return child

    def let_go(self) -> None:
        """Give up this hold; if it was the last one, wait until the server has ended."""
        if self._hold is None:
            return
        self._close_hold()
        now = last_free = time.monotonic()
        deadline = now + watchdog.LONGEST_STOP
        while not self._has_ended() and now < min(deadline, last_free + _DOUBT):
            time.sleep(PAUSE)
            now = time.monotonic()
            last_free = last_free if watchdog.is_held(self._reader) else now
        os.close(self._reader)
        for child in self._processes:
            if child.poll() is None:
                child.returncode = 0  # it goes on for the others; without this, Popen warns of a forgotten child

    def forget(self) -> None:
        """Close this process's ends of the pipe: a fork has no part in the server."""
        if self._hold is not None:
            self._close_hold()
            os.close(self._reader)

    @property
    def _processes(self) -> list[subprocess.Popen[bytes]]:
        return [*self._children, self._watchdog] if self._watchdog is not None else self._children

    def _has_ended(self) -> bool:
        if self._watchdog is None:
            return not self._files.is_served()
        if self._watchdog.poll() is not None and self._watchdog.returncode < 0:
            self._watch()  # somebody killed it
        return all(child.poll() is not None for child in self._processes)

    def _close_hold(self) -> None:
        hold, self._hold = self._hold, None
        if hold is not None:
            os.close(hold)

    def _watch(self) -> None:
        alive = [child.pid for child in self._children if child.poll() is None]
        arguments = [str(self._files.lock), str(max(alive, default=0)), *map(str, self._doomed)]
        script = [sys.executable, "-I", "-S", watchdog.__file__, *arguments]
        self._watchdog = self._start(script, self._reader)

    def _start(
        self, command: list[str], stdin: int | None, other: Account | None = None, pass_fds: Collection[int] = ()
    ) -> subprocess.Popen[bytes]:
        # Not the whole environment, which holds secrets and settings of PostgreSQL's clients.
        environ = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"LC_ALL": "C"}
        with self._files.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own words, and paths as single arguments
                command,
                stdin=stdin,
                stdout=log,
                stderr=log,
                env=environ,
                cwd=self._files.root,
                pass_fds=pass_fds,
                start_new_session=True,  # Ctrl-C in a terminal reaches every process of the terminal's session
                user=other.uid if other else None,
                group=other.gid if other else None,
                extra_groups=[] if other else None,
            )


_all: WeakSet[Lifeline] = WeakSet()


def _forget_in_fork() -> None:
    for lifeline in _all:
        lifeline.forget()


os.register_at_fork(after_in_child=_forget_in_fork)
