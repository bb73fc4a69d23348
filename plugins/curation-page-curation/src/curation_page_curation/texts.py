"""Text fit to be kept: PostgreSQL takes neither NUL nor half a character, and nobody reads ten pages of title."""

from __future__ import annotations

import re

LONGEST = 2_000
"""Characters of a title, a description or a heading."""

_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def kept(text: str | None, longest: int = LONGEST) -> str | None:
    r"""One line of text that a column takes, or ``None`` where nothing is left.

    Args:
        text: What a page says.
        longest: Characters kept.

    >>> kept("  Joe's\n\x00 Pizza ")
    "Joe's Pizza"
    """
    if not text:
        return None
    return " ".join(_UNKEEPABLE.sub("", text[: 4 * longest]).split())[:longest].rstrip() or None


def keepable(text: str) -> str:
    """The text without what PostgreSQL refuses."""
    return _UNKEEPABLE.sub("", text)


def seen(text: str) -> str:
    """The text without the characters that nobody sees, which are put into addresses to mislead programs."""
    return _INVISIBLE.sub("", text)
