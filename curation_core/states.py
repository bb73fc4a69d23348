"""The status machine: five roles, the words a table has for them, and the only transitions there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from curation_core.errors import DeclarationError


class Role(StrEnum):
    """What a status means to the engine, whatever the table's word for it."""

    QUEUED = "queued"  # waits for a worker, or for its next attempt
    PROCESSING = "processing"  # held by exactly one live claim
    COMPLETED = "completed"  # done, its effects committed with it
    FAILED = "failed"  # given up, with a reason
    SKIPPED = "skipped"  # there was nothing to do


class Transition(Enum):
    """Every change of status that the engine makes: ``(from, to)``, named by its cause.

    A person may change any status to any other at any time, and wins: a transition that finds another status
    than its first role changes nothing.
    """

    CLAIM = (Role.QUEUED, Role.PROCESSING, "a worker won the row's claim")
    COMPLETE = (Role.PROCESSING, Role.COMPLETED, "process_item returned a result")
    SKIP = (Role.PROCESSING, Role.SKIPPED, "process_item returned Skip")
    FAIL = (Role.PROCESSING, Role.FAILED, "Fail, or the last attempt went wrong")
    RETRY = (Role.PROCESSING, Role.QUEUED, "Retry, or an attempt went wrong and another is left")
    RELEASE = (Role.PROCESSING, Role.QUEUED, "given back uncharged: shutdown, Pause, or the human intent was withdrawn")
    RESCUE = (Role.PROCESSING, Role.QUEUED, "the worker that held the row died")
    ABANDON = (Role.PROCESSING, Role.FAILED, "the worker died and no attempt is left")

    @property
    def source(self) -> Role:
        """The role a row must have for this transition."""
        return self.value[0]

    @property
    def target(self) -> Role:
        """The role the row has afterwards."""
        return self.value[1]

    @property
    def cause(self) -> str:
        """Why it happens, in words."""
        return self.value[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class States:
    """A table's words for the five roles: members of its enum, strings or integers.

    Args:
        queued: The row waits for a worker.
        processing: A worker has it.
        completed: It is done.
        failed: It was given up.
        skipped: There was nothing to do; where the table has no word for it, leave it out and a Skip completes.

    Raises:
        DeclarationError: Two roles share a word (only ``skipped`` may repeat ``completed`` or ``failed``).
    """

    queued: Any
    processing: Any
    completed: Any
    failed: Any
    skipped: Any = None

    def __post_init__(self) -> None:
        seen: dict[Any, str] = {}
        for role in (Role.QUEUED, Role.PROCESSING, Role.COMPLETED, Role.FAILED):
            word = self.word(role)
            if word is None:
                message = f"States: {role} has no word: name the status that the table uses for it"
                raise DeclarationError(message)
            if word in seen:
                message = f"States: {seen[word]} and {role} share the word {word!r}: each needs its own"
                raise DeclarationError(message)
            seen[word] = role
        if self.skipped in (self.queued, self.processing):
            message = f"States: skipped can't be {self.skipped!r}, which says that the row is still to be done"
            raise DeclarationError(message)

    def word(self, role: Role) -> Any:
        """The table's word for a role; for skipped, where it has none, the word for completed."""
        if role is Role.SKIPPED and self.skipped is None:
            return self.completed
        return getattr(self, role.value)

    def __iter__(self) -> Iterator[tuple[Role, Any]]:
        """Each role that has a word of its own, with it."""
        for role in Role:
            if getattr(self, role.value) is not None:
                yield role, getattr(self, role.value)
