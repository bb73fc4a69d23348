"""``curation run --reload``: a process that is started again whenever a file of a plugin changes.

Files are looked at in turn instead of asking the system to tell of changes: a plugin has some dozens of them, looking
takes less than a millisecond, and it works where notices do not come, as in a container with a folder of its host.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.util import cache_from_source, find_spec
from pathlib import Path

from curation_core._cli.processes import cause, start
from curation_core.host._metadata import installed_entries

_logger = logging.getLogger(__name__)

PAUSE = 0.25
"""Seconds between two looks."""

Place = tuple[Path, str]
"""A folder, and a pattern for what to look at in it."""
State = dict[Path, tuple[int, int]]
"""Of each file, when it was changed and how long it is."""


class Reloader:
    """Keeps one process running, in the plugins' latest state.

    The process drains before it is started again, as at SIGTERM. One that ends by itself, since a file has a mistake,
    is started at the next change.

    Args:
        arguments: Of ``curation run``.
        url: The database's address, handed on by the environment.
        references: What ``--plugin`` named; installed plugins are looked at, too.
    """

    def __init__(self, arguments: list[str], url: str, references: Sequence[str]) -> None:
        self._arguments, self._url = arguments, url
        self._references = references
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        if references:
            sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as the process itself finds them

    async def run(self) -> None:
        """Run until `forward` is called."""
        while not self._stopping.is_set():
            places = _places(self._references)
            seen = _look(places)
            self._process = process = await start(self._arguments, self._url)
            if self._stopping.is_set():
                process.send_signal(signal.SIGTERM)
            await self._wait(process, places, seen)
            if process.returncode is None and not self._stopping.is_set():
                process.send_signal(signal.SIGTERM)
            await process.wait()
            _forget(_changed(seen, _look(places)))

    def forward(self, number: int) -> None:
        """Pass a signal on to the process, and start it no more."""
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def _wait(self, process: asyncio.subprocess.Process, places: list[Place], seen: State) -> None:
        told = False
        while not (changed := _changed(seen, _look(places))):
            if process.returncode is not None and not told:
                told = True
                _logger.error("it ended with %s; it is started again when a file changes", cause(process.returncode))
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE):
                    await self._stopping.wait()
                return
        _logger.info("%s changed: it is started again", changed[0].name)


def _places(references: Sequence[str]) -> list[Place]:
    """Where the plugins' files are. Nothing of them is imported, for that may be what fails."""
    importlib.invalidate_caches()
    values = [*(reference.rpartition("=")[2] for reference in references)]
    values += [entry.value for entry in installed_entries()]
    modules = {value.partition(":")[0].strip().partition(".")[0] for value in values}
    return [place for module in sorted(modules) for place in _places_of(module)]


def _places_of(module: str) -> list[Place]:
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is not None and spec.submodule_search_locations:
        return [(Path(folder), "**/*.py") for folder in spec.submodule_search_locations]
    # A module may import its neighbours; and one that is not there may yet come, here.
    return [(Path(spec.origin).parent if spec is not None and spec.origin else Path.cwd(), "*.py")]


def _look(places: Iterable[Place]) -> State:
    found: State = {}
    for folder, pattern in places:
        with suppress(OSError):  # it goes while it is looked at: the next look tells
            for path in folder.glob(pattern):
                about = path.stat()
                found[path] = about.st_mtime_ns, about.st_size
    return found


def _changed(before: State, now: State) -> list[Path]:
    return sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))


def _forget(changed: Iterable[Path]) -> None:
    """Remove what Python compiled of them: it takes a file for unchanged that has the same size in the same second."""
    for path in changed:
        with suppress(OSError):
            Path(cache_from_source(str(path))).unlink()
