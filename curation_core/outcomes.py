"""What became of an item: values that ``process_item`` and ``on_error`` return.

Outcomes are values and not exceptions, because a plugin's own ``except Exception`` would swallow an exception.
A plain result (anything that is no `Outcome`) means done.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What all outcomes share. Only the five classes below are outcomes: any other subclass fails its item."""


@dataclass(frozen=True, slots=True)
class Done(Outcome):
    """The item is completed, with a note for the history. Return the plain result where there is nothing to note.

    Args:
        result: What ``save_result`` gets.
        note: A short text that a person reads in the history.
    """

    result: Any = None
    note: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.note, str):
            message = f"Done needs a note that a person can read, or none, got {self.note!r}"
            raise TypeError(message)


@dataclass(frozen=True, slots=True)
class Skip(Outcome):
    """There was nothing to do. The row gets the workflow's word for skipped, or completes where it has none.

    Args:
        reason: Why, for the history. It does not go to the error column.
        result: If not ``None``, ``save_result`` is called with it.
    """

    reason: str
    _: KW_ONLY
    result: Any = None

    def __post_init__(self) -> None:
        _require_reason(self, self.reason)


@dataclass(frozen=True, slots=True)
class Retry(Outcome):
    """Run the item again later. At the last attempt it fails instead, with the same reason.

    Args:
        after: How long to wait; ``None`` takes the policy's backoff.
        reason: Why, for the error column and the history.
        result: If not ``None``, what was achieved so far: ``save_result`` is called with it in the same transaction.
        charged: Whether the attempt counts. ``False`` is for an item that was not tried, since somebody asked to come
            later: then nothing but the wait, which is required, bounds how often it comes back.
    """

    after: timedelta | None = None
    reason: str = "asked to run again"
    _: KW_ONLY
    result: Any = None
    charged: bool = True

    def __post_init__(self) -> None:
        _require_reason(self, self.reason)
        if self.after is not None:
            _require_duration(self, "after", self.after, allow_zero=self.charged)
        elif not self.charged:
            message = (
                "Retry: charged=False needs `after`: without a wait the item would come back at once, and for ever"
            )
            raise TypeError(message)


@dataclass(frozen=True, slots=True)
class Fail(Outcome):
    """The item can't succeed: no further attempt is made.

    Args:
        reason: Why, for the error column and the history.
        result: If not ``None``, what was achieved all the same: ``save_result`` is called with it.
    """

    reason: str
    _: KW_ONLY
    result: Any = None

    def __post_init__(self) -> None:
        _require_reason(self, self.reason)


@dataclass(frozen=True, slots=True)
class Pause(Outcome):
    """The whole workflow must wait, on every host: a provider's quota is gone, a key was refused.

    The item goes back to the queue, and the attempt is not charged.

    Args:
        duration: How long no row of this workflow is claimed; it resumes by itself.
        reason: Why, shown by ``curation status``.
    """

    duration: timedelta
    reason: str

    def __post_init__(self) -> None:
        _require_reason(self, self.reason)
        _require_duration(self, "duration", self.duration, allow_zero=False)


def _require_reason(outcome: Outcome, reason: object) -> None:
    if not isinstance(reason, str) or not reason.strip():
        message = f"{type(outcome).__name__} needs a reason that a person can read, got {reason!r}"
        raise TypeError(message)


def _require_duration(outcome: Outcome, name: str, value: object, *, allow_zero: bool) -> None:
    if not isinstance(value, timedelta):
        message = f"{type(outcome).__name__}: {name} must be a datetime.timedelta, got {value!r}"
        raise TypeError(message)
    if value < timedelta(0) or (not allow_zero and not value):
        message = f"{type(outcome).__name__}: {name} must be positive, got {value!r}"
        raise ValueError(message)
