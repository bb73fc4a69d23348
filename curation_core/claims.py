"""A claim, and what is to become of it: what the claim loop, the settle and the rescue hand to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from curation_core.states import Role, Transition

MAX_LOST = 3
"""A row that was lost with its worker this often is not given to another worker.

Before the last time it runs with nothing beside it in its process: then it is known who did it, and the rows that only
shared a process with it are not quarantined for that.
"""


@dataclass(slots=True, eq=False)
class Claim:
    """One row, held by one worker until it is settled.

    Args:
        row: The row as a detached instance of the model; ``None`` where only its claim is known (a rescue).
        item: The canonical text of its primary key.
        token: The fence: every statement about this claim names it.
        queueing: The token of the first claim since the row was queued: the stem of the idempotency key.
        attempt: Which attempt this is, from 1.
        lost: How often a worker died holding it, in this queueing.
        claimed_at: When, by the database's clock.
    """

    row: Any
    item: str
    token: int
    queueing: int
    attempt: int
    lost: int
    claimed_at: datetime


class Written(Enum):
    """How much of a verdict goes to the row. A table that refuses one is asked for the next."""

    WHOLE = auto()
    WITHOUT_REASON = auto()
    """The status alone: the error column takes no such text."""
    NOTHING = auto()
    """The row stays in processing, with neither a claim nor, so, another attempt; the history has the reason."""


@dataclass(slots=True, eq=False)
class Verdict:
    """What a settle shall do with one claim.

    Args:
        claim: Which.
        transition: The change of status.
        outcome: The history's word for it.
        reason: The text for the history, and for the error column where the transition writes one.
        result: What ``save_result`` gets, if ``saves``.
        saves: Whether ``save_result`` is called.
        wait: How long until the next attempt, where the row goes back to queued.
        charged: Whether this attempt counts.
        lost: Whether the worker died holding it.
        pause: How long the whole workflow is paused with it, if it is.
        seconds: How long ``process_item`` ran.
        written: How much of it goes to the row.
    """

    claim: Claim
    transition: Transition
    outcome: str
    reason: str = ""
    result: Any = None
    saves: bool = False
    wait: timedelta = timedelta(0)
    charged: bool = True
    lost: bool = False
    pause: timedelta | None = None
    seconds: float = 0.0
    written: Written = Written.WHOLE

    def shorten(self) -> bool:
        """Write less of it to the row than the table refused. ``False``: there is nothing left to leave out."""
        if self.written is Written.WHOLE:
            self.written = Written.WITHOUT_REASON
        elif self.written is Written.WITHOUT_REASON and self.transition.target is not Role.QUEUED:
            self.written = Written.NOTHING
        else:
            return False
        return True


@dataclass(slots=True)
class Settlement:
    """What a settle did.

    Args:
        settled: Committed as asked.
        overruled: Their claim was held, but a person had moved the row or no longer wants it: no effect was left.
        lost: Their claim was no longer held: nothing was changed.
        locked: Their row is locked by somebody else: nothing was changed, and the claim is still held.
    """

    settled: Sequence[Verdict] = ()
    overruled: Sequence[Verdict] = ()
    lost: Sequence[Verdict] = ()
    locked: Sequence[Verdict] = ()
