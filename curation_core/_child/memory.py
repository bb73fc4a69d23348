"""How much memory a child has, and how much it may have."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

RESERVE = 16 * 2**20
"""Bytes above the limit with which a child that ran out of memory can still say so."""

_DATA_PAGES = 5  # the field of /proc/self/statm that RLIMIT_DATA bounds


def limit_memory(most: int) -> None:
    """Let allocations fail beyond a limit, and let the kernel take this process first where memory runs out.

    RLIMIT_DATA counts what a process can write to and has for itself, touched or not. RLIMIT_AS counts addresses, and
    so the files that are mapped and what the allocator reserves: docs/decisions/0010 has the figures.

    Args:
        most: Bytes; 0 for no limit.
    """
    if sys.platform == "linux":
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    if most:
        _set_limit(most, most + RESERVE)


def open_reserve() -> None:
    """Raise the limit by the reserve, which was kept for this moment."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    _set_limit(hard, hard)


def memory_in_use() -> int:
    """Bytes that count against the limit; 0 where the system can't tell."""
    if sys.platform != "linux":
        return 0
    statm = Path("/proc/self/statm").read_text(encoding="ascii")
    return int(statm.split()[_DATA_PAGES]) * resource.getpagesize()


def _set_limit(soft: int, hard: int) -> None:
    _, allowed = resource.getrlimit(resource.RLIMIT_DATA)
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
