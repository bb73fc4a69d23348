"""What is installed. The only module that imports ``importlib_metadata``.

Importing it replaces the standard library's finder for the whole process, so one of the two is used, and here only.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

import importlib_metadata

from curation_core.host._report import UNKNOWN, describe_error

GROUP = "curation_core.plugins"
CORE = "curation-core"
_FILE = "entry_points.txt"
_logger = logging.getLogger("curation_core.host")


@dataclass(frozen=True)
class PluginEntry:
    """A plugin that is offered, before anything of it is imported.

    Args:
        name: The entry point's name.
        value: The entry point's reference.
        distribution: The distribution's name, ``?`` when unknown.
        version: The distribution's version, ``?`` when unknown.
        requires: The distribution's ``Requires-Dist``, as written.
        fault: Why the entry point can't be read, where it can't.
        installed: Whether it was found, and not named by the user.
    """

    name: str
    value: str
    distribution: str = UNKNOWN
    version: str = UNKNOWN
    requires: tuple[str, ...] = ()
    fault: str = ""
    installed: bool = False


def installed_entries() -> list[PluginEntry]:
    """Every entry point of the group ``curation_core.plugins``, by name, then distribution.

    ``importlib_metadata.entry_points()`` is not used, for one unreadable file of one stranger's distribution makes it
    raise for all. Like it, this takes of several copies of a distribution the one that would be imported.
    """
    entries: list[PluginEntry] = []
    hollow: list[PluginEntry] = []
    seen: set[str] = set()
    for found in importlib_metadata.distributions():
        if GROUP not in _entry_points_text(found):
            continue
        name = _field(found, "Name")
        if name == UNKNOWN:
            hollow.extend(_entries_of(found))
        elif canonical(name) not in seen:
            seen.add(canonical(name))
            entries.extend(_entries_of(importlib_metadata.distribution(name)))
    offered = {(entry.name, entry.value) for entry in entries}
    entries.extend(entry for entry in hollow if (entry.name, entry.value) not in offered)
    return sorted(entries, key=lambda entry: (entry.name, entry.distribution))


def core_version() -> str | None:
    """The version of curation-core that runs, or ``None`` where it runs without being installed."""
    try:
        return importlib_metadata.version(CORE)
    except importlib_metadata.PackageNotFoundError:
        return None


def canonical(distribution: str) -> str:
    """A distribution's name as PyPI compares it.

    The rule is that of the specification "Names and normalization" of packaging.python.org.

    >>> canonical("Curation_Deep.Scan")
    'curation-deep-scan'
    """
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _entries_of(found: importlib_metadata.IDistribution) -> Iterator[PluginEntry]:
    name, version = _field(found, "Name"), _field(found, "Version")
    try:
        points = found.entry_points.select(group=GROUP)
    except Exception as error:  # noqa: BLE001 - a file written by hand can be wrong in any way
        fault = f"its {_FILE} can't be read: {describe_error(error)}"
        yield PluginEntry(canonical(name), "", name, version, fault=fault, installed=True)
        return
    requires = () if name == UNKNOWN else tuple(found.requires or ())
    for point in points:
        yield PluginEntry(point.name, point.value, name, version, requires, installed=True)


def _entry_points_text(found: importlib_metadata.IDistribution) -> str:
    try:
        return found.read_text(_FILE) or ""
    except (OSError, ValueError) as error:
        _logger.debug("a distribution's %s can't be read: %s", _FILE, describe_error(error))
        return ""


def _field(found: importlib_metadata.IDistribution, field: str) -> str:
    try:
        return found.metadata.get(field) or UNKNOWN
    except FileNotFoundError:  # a half removed distribution: from importlib-metadata 9 an error, before it no fields
        return UNKNOWN
