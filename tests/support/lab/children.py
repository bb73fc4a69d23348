"""The unruly plugin, installed in a folder like site-packages, and the child processes that there are."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lab.tables import quick

PLUGIN = Path(__file__).resolve().parents[2] / "plugins" / "unruly"
INFO = {
    "METADATA": "Metadata-Version: 2.1\nName: curation-unruly\nVersion: 1\nRequires-Dist: curation-core\n",
    "entry_points.txt": "[curation_core.plugins]\nunruly = unruly.plugin\n",
}


def install_unruly(site):
    """Put the plugin and its metadata into a folder."""
    shutil.copytree(PLUGIN, site / "unruly", ignore=shutil.ignore_patterns("__pycache__"))
    information = site / "curation_unruly-1.dist-info"
    information.mkdir()
    for name, text in INFO.items():
        (information / name).write_text(text)


def apart(**more):
    """A policy with child processes and no waits."""
    return quick(**({"isolation": "process", "concurrency": 2, "max_attempts": 1, "timeout": 60} | more))


def processes():
    """Every living process: its number, its parent's, its session's."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent, _, session, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if state != "Z":
                yield int(entry.name), int(parent), int(session)


def is_alive(pid):
    """Whether a process lives."""
    return int(pid) in {number for number, *_ in processes()}


def children_of(pid=None):
    """The children that run items for a host: this process, or another."""
    host = pid or os.getpid()
    return [number for number, parent, _ in processes() if parent == host and "_child/__main__.py" in command(number)]


def command(pid):
    """What a process was started with; nothing where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def members_of(sessions):
    """How many processes live in these sessions."""
    return sum(session in sessions for *_, session in processes())
