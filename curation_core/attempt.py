"""What a plugin is told about the run it is in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of one item. Make one by hand to call ``process_item`` in a test.

    Args:
        workflow: The workflow's name.
        item: The row's primary key as text, a JSON array of its columns: ``[42]``.
        number: Which attempt this is, from 1.
        max_attempts: After this many the row fails.
        claimed_at: When the row was claimed, by the database's clock.
        idempotency_key: The same for every attempt of one queueing, another after the row is queued anew:
            hand it to the outside service that must not do its work twice.
    """

    workflow: str
    item: str
    number: int = 1
    max_attempts: int = 1
    claimed_at: datetime | None = None
    idempotency_key: str = ""

    @property
    def is_last(self) -> bool:
        """Whether the row fails if this attempt goes wrong."""
        return self.number >= self.max_attempts
