"""What a process has at a moment that it may have too much of: memory, open files, and what it has started."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import resource
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

_NUMBER = re.compile(r"\d+")
_temporary: list[str] = []


def remember_temporary_files() -> None:
    """From now on, know what this process makes with `tempfile`. It can't be undone."""
    sys.addaudithook(_hear)


def memory() -> int:
    """Bytes that this process has in memory now; at most so far, where the system does not say more."""
    gc.collect()  # what the collector has not come to yet is not kept by anybody
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def files() -> int:
    """How many files and sockets this process has open."""
    return sum(1 for _ in Path("/dev/fd").iterdir())


def others() -> dict[str, dict[str, int]]:
    """How many threads, tasks, child processes and temporary files there are, by their names without numbers.

    Child processes are counted where the system has them under ``/proc``.
    """
    tasks = (task.get_coro() for task in asyncio.all_tasks())
    return {
        "threads": _counted(thread.name for thread in threading.enumerate()),
        "tasks": _counted(getattr(coroutine, "__qualname__", repr(coroutine)) for coroutine in tasks),
        "child processes": _counted(_children()),
        "temporary files": _counted("made with tempfile" for path in _temporary if os.path.lexists(path)),
    }


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("tempfile.mkstemp", "tempfile.mkdtemp"):
        _temporary.append(os.fsdecode(arguments[0]))  # type: ignore[arg-type]  # the audit event's path


def _children() -> Iterable[str]:
    for listed in Path("/proc/self/task").glob("*/children"):
        for pid in listed.read_text().split():
            name = Path(f"/proc/{pid}/comm")
            yield name.read_text().strip() if name.exists() else "ended"


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(_NUMBER.sub("…", name) for name in names))
