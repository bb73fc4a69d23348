"""Reads single values of a place, believing none of them: what is not of its documented form is left out and named."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

LONGEST_TEXT = 500
"""Characters of a name, an address, a category. A longer one would not fit PostgreSQL's indexes, and is none."""
LONGEST_URL = 2048
MOST_TEXTS = 50


class Fields:
    """The fields of a place.

    Args:
        place: The place as the API sends it.

    Attributes:
        odd: The fields that were not of their form.
    """

    def __init__(self, place: Mapping[str, Any]) -> None:
        self._place = place
        self.odd: list[str] = []

    def text(self, path: str, longest: int = LONGEST_TEXT) -> str | None:
        """A text, trimmed; ``None`` where it is absent, empty or odd.

        Args:
            path: The field, with dots where it stands inside another.
            longest: Characters it may have.
        """
        value = self._value(path)
        if value is None or (isinstance(value, str) and len(value) <= longest):
            return storable(value or "") or None
        self._leave_out(path)
        return None

    def web_address(self, path: str) -> str | None:
        """A text that begins with http:// or https://."""
        address = self.text(path, LONGEST_URL)
        if address is None or address.lower().startswith(("http://", "https://")):
            return address
        self._leave_out(path)
        return None

    def whole(self, path: str, low: int, high: int) -> int | None:
        """A whole number between two bounds, both included."""
        value = self._value(path)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and low <= value <= high):
            return value
        self._leave_out(path)
        return None

    def number(self, path: str, low: int, high: int, places: int) -> Decimal | None:
        """A number between two bounds, both included, rounded to some decimal places."""
        value = self._value(path)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return round(Decimal(str(value)), places)
        self._leave_out(path)
        return None

    def texts(self, path: str) -> list[str]:
        """A list of texts, without those that are empty or too long."""
        value = self._value(path)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self._leave_out(path)
            return []
        tidy = (storable(each) for each in value[:MOST_TEXTS])
        return [each for each in tidy if 0 < len(each) <= LONGEST_TEXT]

    def objects(self, path: str) -> list[Mapping[str, Any]]:
        """A list of objects."""
        value = self._value(path)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
            self._leave_out(path)
            return []
        return value

    def flag(self, path: str) -> bool | None:
        """True or false."""
        value = self._value(path)
        if value is None or isinstance(value, bool):
            return value
        self._leave_out(path)
        return None

    def flags(self, path: str) -> dict[str, bool]:
        """An object of truth values, without what else is in it."""
        value = self._value(path)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self._leave_out(path)
            return {}
        return {storable(name): held for name, held in value.items() if isinstance(held, bool)}

    def _value(self, path: str) -> Any:
        value: Any = self._place
        for name in path.split("."):
            if value is None:
                return None
            if not isinstance(value, Mapping):
                self._leave_out(path)
                return None
            value = value.get(name)
        return value

    def _leave_out(self, path: str) -> None:
        if path not in self.odd:
            self.odd.append(path)


def storable(text: str) -> str:
    r"""A text as PostgreSQL can store it: without nulls and lone surrogates, trimmed.

    >>> storable(" Joe\x00's ")
    "Joe's"
    """
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8").strip()
