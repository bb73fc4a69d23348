"""Reads what happened from the engine's own history, ``curation.attempt``."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import column, select, table
from sqlalchemy.ext.asyncio import AsyncEngine

GAVE_UP = re.compile(r"gave up after \d+ attempts?: ")
TERMINAL = frozenset(("done", "skipped", "failed"))
ATTEMPT = table(
    "attempt",
    *(column(name) for name in ("workflow", "item", "worker", "claimed_at", "settled_at", "outcome", "reason")),
    schema="curation",
)
CLAIM = table("claim", column("workflow"), schema="curation")


@dataclass(frozen=True, slots=True)
class Entry:
    """One attempt, as the engine wrote it down."""

    key: UUID
    worker: UUID
    claimed_at: datetime
    settled_at: datetime
    outcome: str
    reason: str

    @property
    def code(self) -> str:
        """The reason without its explanation."""
        return GAVE_UP.sub("", self.reason).partition(":")[0]


@dataclass(frozen=True, slots=True)
class History:
    """All attempts of one workflow.

    Args:
        workflow: Its name.
        entries: The attempts, the first first.
    """

    workflow: str
    entries: Sequence[Entry]

    @property
    def endings(self) -> dict[UUID, list[Entry]]:
        """Every row's terminal entries: done, skipped or failed."""
        endings: defaultdict[UUID, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if entry.outcome in TERMINAL:
                endings[entry.key].append(entry)
        return endings

    @property
    def outcomes(self) -> Counter[str]:
        """How often each outcome occurs."""
        return Counter(entry.outcome for entry in self.entries)

    @property
    def shares(self) -> list[int]:
        """How many endings each worker wrote, in the order in which they began."""
        workers = {entry.worker: 0 for entry in self.entries}
        for entry in self.entries:
            workers[entry.worker] += entry.outcome in TERMINAL
        return list(workers.values())

    @property
    def seconds(self) -> float:
        """From the first claim to the last settle."""
        if not self.entries:
            return 0.0
        first = min(entry.claimed_at for entry in self.entries)
        return (max(entry.settled_at for entry in self.entries) - first).total_seconds()

    @property
    def failures(self) -> Counter[str]:
        """How often each code of a failure occurs."""
        return Counter(entry.code for entry in self.entries if entry.outcome == "failed")

    @property
    def skips(self) -> Counter[str]:
        """How often each code of a skip occurs."""
        return Counter(entry.code for entry in self.entries if entry.outcome == "skipped")


async def read_history(engine: AsyncEngine, workflow: str) -> History:
    """Read all attempts of a workflow."""
    asked = select(ATTEMPT).where(ATTEMPT.c.workflow == workflow).order_by(ATTEMPT.c.claimed_at)
    async with engine.connect() as connection:
        rows = (await connection.execute(asked)).mappings().all()
    return History(workflow, [_entry(row) for row in rows])


def _entry(row: Mapping[Any, Any]) -> Entry:
    (key,) = json.loads(row["item"])
    return Entry(UUID(key), row["worker"], row["claimed_at"], row["settled_at"], row["outcome"], row["reason"])
