"""What must become of a row. Everything that the demonstration makes up says so of itself when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ending = Literal["done", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Fate:
    """How a row must end.

    Args:
        ending: The history's word for its only ending.
        code: What the reason says, or the note where it is done; empty for nothing in particular.
    """

    ending: Ending = "done"
    code: str = ""


DONE = Fate()
