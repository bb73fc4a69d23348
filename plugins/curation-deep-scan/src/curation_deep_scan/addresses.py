"""Takes an address apart, by the types that the API gives its components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation_deep_scan.fields import Fields

CITY = ("locality", "postal_town", "sublocality_level_1")
"""What a city is called: where there is none of the first, it is one of the next."""


def address_columns(components: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    """The columns of an address.

    Args:
        components: ``addressComponents``: objects with ``longText``, ``shortText`` and ``types``.

    Returns:
        All five columns, ``None`` where there is no such component.

    >>> address_columns([{"longText": "Bath", "types": ["postal_town"]}])["city"]
    'Bath'
    """
    return {
        "street_address": _street(components),
        "city": next((city for kind in CITY if (city := _text(components, kind))), None),
        "state": _text(components, "administrative_area_level_1", "shortText"),
        "zip": _text(components, "postal_code"),
        "country": _text(components, "country", "shortText"),
    }


def _street(components: Sequence[Mapping[str, Any]]) -> str | None:
    route = _text(components, "route")
    number = _text(components, "street_number")
    return f"{number} {route}" if number and route else route  # a number alone is no street


def _text(components: Sequence[Mapping[str, Any]], kind: str, form: str = "longText") -> str | None:
    for component in components:
        fields = Fields(component)
        if kind in fields.texts("types"):
            return fields.text(form)
    return None
