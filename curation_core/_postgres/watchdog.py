"""Stops a PostgreSQL server as soon as no process holds its pipe any more, whatever way the last one ended.

Run as a script: ``python -I -S watchdog.py LOCK PID [FOLDER…]``, with the reading end of the pipe as standard input.
What arrives on the pipe is the number of the process to stop, one a line, the newest counts. At the pipe's end the
server is told to shut down, and the folders are removed. It imports little, because it lives as long as the server.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path

# Each step of the shutdown with the seconds it may take: end all sessions and write everything; leave that to the
# recovery at the next start; leave all to the kernel.
_STEPS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

LONGEST_STOP = sum(seconds for _, seconds in _STEPS) + 5.0


class _Target:
    """One process, and never another one that got its number later, where the system can tell."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None

    @classmethod
    def find(cls, pid: int) -> _Target | None:
        with contextlib.suppress(ProcessLookupError):
            return cls(pid) if pid else None
        return None

    def send(self, number: signal.Signals) -> None:
        if self._handle is None:
            os.kill(self._pid, number)
        else:
            signal.pidfd_send_signal(self._handle, number)

    def is_gone_within(self, seconds: float) -> bool:
        if self._handle is not None:
            return bool(select.select([self._handle], [], [], seconds)[0])
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            os.kill(self._pid, 0)
            time.sleep(0.01)
        return False

    def stop(self) -> None:
        for number, seconds in _STEPS:
            self.send(number)
            if self.is_gone_within(seconds):
                return


def _follow(pipe: int, target: _Target | None) -> _Target | None:
    """Read until nobody holds the pipe; return the newest process that was announced and still lives."""
    os.set_blocking(pipe, True)
    while announced := os.read(pipe, 4096):
        target = _Target.find(int(announced.split()[-1]))
    return target


def is_held(pipe: int) -> bool:
    """Whether any process holds the writing end of the pipe whose reading end this is."""
    poll = select.poll()
    poll.register(pipe, 0)
    return not any(event & select.POLLHUP for _, event in poll.poll(0))


def main(lock: str, pid: str, *folders: str) -> None:
    """Wait for the pipe's end, stop the server and remove what is left of it.

    Args:
        lock: A file whose lock keeps others from joining the server while it stops.
        pid: The process to stop until another one is announced, or 0.
        folders: What to remove afterwards.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # who stops all processes at once must not leave the server behind
    pipe = sys.stdin.fileno()
    target = _Target.find(int(pid))
    with Path(lock).open("rb") as file:
        while True:
            target = _follow(pipe, target)
            fcntl.flock(file, fcntl.LOCK_EX)
            # Under the lock nobody can join; whoever did so since the pipe's end keeps the server.
            if not is_held(pipe):
                break
            fcntl.flock(file, fcntl.LOCK_UN)
        with contextlib.suppress(ProcessLookupError):  # it ended by itself
            if target is not None:
                target.stop()
        for folder in folders:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
