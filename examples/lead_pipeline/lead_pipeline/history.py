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

WORKFLOWS = ("deep-scan", "domain-extraction", "sitemap-discovery", "sitemap-import", "page-curation")
GAVE_UP = re.compile(r"gave up after \d+ attempts?: ")
TERMINAL = frozenset(("done", "skipped", "failed"))
ATTEMPT = table(
    "attempt",
    *(column(name) for name in ("workflow", "item", "worker", "claimed_at", "settled_at", "outcome", "reason")),
    schema="curation",
)
CLAIM = table("claim", *(column(name) for name in ("workflow", "item", "worker", "attempt")), schema="curation")
WORKER = table("worker", column("id"), column("pid"), schema="curation")


@dataclass(frozen=True, slots=True)
class Entry:
    """One attempt, as the engine wrote it down."""

    key: str
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
    def endings(self) -> dict[str, list[Entry]]:
        """Every row's terminal entries: done, skipped or failed."""
        endings: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if entry.outcome in TERMINAL:
                endings[entry.key].append(entry)
        return endings

    @property
    def outcomes(self) -> Counter[str]:
        """How often each outcome occurs."""
        return Counter(entry.outcome for entry in self.entries)

    @property
    def attempts(self) -> dict[str, Counter[str]]:
        """How often each outcome occurs, by row."""
        attempts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for entry in self.entries:
            attempts[entry.key][entry.outcome] += 1
        return attempts

    @property
    def seconds(self) -> float:
        """From the first claim to the last settle."""
        if not self.entries:
            return 0.0
        first = min(entry.claimed_at for entry in self.entries)
        return (max(entry.settled_at for entry in self.entries) - first).total_seconds()

    def shares(self, hosts: Mapping[UUID, int]) -> Counter[int]:
        """How many endings each host wrote.

        Args:
            hosts: The workers' processes.
        """
        return Counter(hosts[entry.worker] for entry in self.entries if entry.outcome in TERMINAL)

    def codes(self, outcome: str) -> Counter[str]:
        """How often each code occurs among the attempts that ended so."""
        return Counter(entry.code for entry in self.entries if entry.outcome == outcome)


async def read_history(engine: AsyncEngine, workflow: str) -> History:
    """Read all attempts of a workflow."""
    asked = select(ATTEMPT).where(ATTEMPT.c.workflow == workflow).order_by(ATTEMPT.c.claimed_at)
    async with engine.connect() as connection:
        rows = (await connection.execute(asked)).mappings().all()
    return History(workflow, [_entry(row) for row in rows])


async def read_workers(engine: AsyncEngine) -> dict[UUID, int]:
    """The processes of the workers that are alive, or were until lately."""
    async with engine.connect() as connection:
        return dict((await connection.execute(select(WORKER.c.id, WORKER.c.pid))).tuples().all())


async def read_held(engine: AsyncEngine, workers: Sequence[UUID]) -> dict[tuple[str, str], int]:
    """The rows that some workers hold, as workflow and key, each with the number of its attempt."""
    asked = select(CLAIM.c.workflow, CLAIM.c.item, CLAIM.c.attempt).where(CLAIM.c.worker.in_(workers))
    async with engine.connect() as connection:
        return {(workflow, key_of(item)): attempt for workflow, item, attempt in await connection.execute(asked)}


def key_of(item: str) -> str:
    """A row's key as text, of the canonical text that the engine has for it."""
    (key,) = json.loads(item)
    return str(key)


def _entry(row: Mapping[Any, Any]) -> Entry:
    facts = (row[name] for name in ("worker", "claimed_at", "settled_at", "outcome", "reason"))
    return Entry(key_of(row["item"]), *facts)
