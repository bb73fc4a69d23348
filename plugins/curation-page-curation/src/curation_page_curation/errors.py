"""Why a page that arrived is not read."""

from __future__ import annotations

from enum import StrEnum


class StopCode(StrEnum):
    """The short stable word for it. None of them is cured by another try."""

    TOO_DEEP = "too_deep"  # elements nested deeper than any honest page's
    TOO_MANY_ATTRIBUTES = "too_many_attributes"  # on one element
    TOO_COSTLY = "too_costly"  # reading it took more time or memory than a page may
    EXTRACTION_FAILED = "extraction_failed"  # a mistake of ours, with what it was


class PageError(Exception):
    """A page that can't be read.

    Args:
        code: The stable word.
        text: What was found, for a person.
    """

    def __init__(self, code: StopCode, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(f"{code}: {text}")
