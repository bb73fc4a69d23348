"""A statement about the run, and whether it held."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

AS_MANY_AS_ARE_READ = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement and whether it held.

    Args:
        statement: What must be so.
        holds: Whether it is.
        evidence: What was counted.
    """

    statement: str
    holds: bool
    evidence: str


def compare(statement: str, found: Collection[object], wanted: Collection[object]) -> Finding:
    """Whether two sets are the same, or what tells them apart.

    Args:
        statement: What is stated of them.
        found: What is there.
        wanted: What must be there.
    """
    here, there = set(found), set(wanted)
    unlike = [*(f"missing: {each}" for each in there - here), *(f"too many: {each}" for each in here - there)]
    twice = len(found) != len(here)
    doubled = ["some are there twice"] if twice else []
    evidence = some([*doubled, *sorted(unlike)]) or f"{len(here):,} of {len(there):,}"
    return Finding(statement, not unlike and not twice, evidence)


def some(exceptions: Sequence[str]) -> str:
    """The first few of what is not as it must be; nothing where there is none."""
    rest = len(exceptions) - AS_MANY_AS_ARE_READ
    return "; ".join([*exceptions[:AS_MANY_AS_ARE_READ], *([f"and {rest} more"] if rest > 0 else [])])
