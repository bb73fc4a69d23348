"""From a place as the API sends it to the columns of a business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curation_deep_scan.addresses import address_columns
from curation_deep_scan.fields import Fields
from curation_deep_scan.hours import hours_columns
from curation_deep_scan.profiles import FLAGS, GROUPS_OF_FLAGS, Profile

PRICES = {
    "PRICE_LEVEL_FREE": "Free",
    "PRICE_LEVEL_INEXPENSIVE": "$",
    "PRICE_LEVEL_MODERATE": "$$",
    "PRICE_LEVEL_EXPENSIVE": "$$$",
    "PRICE_LEVEL_VERY_EXPENSIVE": "$$$$",
}
CONTENT_FACTS = (
    *("business_status", "google_maps_uri", "utc_offset_minutes"),
    *("weekday_descriptions", "features", "editorial_summary"),
)
"""What of ``additional_json`` is Google's content, and no place ID."""
CLOSED = "CLOSED_PERMANENTLY"
MOST_REVIEWS = 2**31 - 1  # what the column holds
WIDEST_OFFSET = 18 * 60  # minutes from UTC that a zone can be


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a place.

    Args:
        id: The ID in the answer, which need not be the one that was asked for.
        columns: The business's columns that were asked for, ``None`` where the answer has nothing.
        facts: What goes into ``additional_json``, likewise.
        odd: The fields that were not of their documented form, and are left out.
    """

    id: str
    columns: Mapping[str, Any]
    facts: Mapping[str, Any]
    odd: tuple[str, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether the business was closed for good."""
        return self.facts.get("business_status") == CLOSED

    @property
    def moved_to(self) -> str | None:
        """The ID of the place that it moved to."""
        return self.facts.get("moved_place_id")


def read_details(place: Mapping[str, Any], profile: Profile, language: str) -> Details | None:
    """Read a place.

    Args:
        place: The answer's JSON object.
        profile: What was asked for.
        language: In which language.

    Returns:
        The details; ``None`` where there is no ID, which every profile asks for: then it is no place.
    """
    fields = Fields(place)
    place_id = fields.text("id")
    if place_id is None:
        return None
    columns: dict[str, Any] = {}
    facts: dict[str, Any] = {"moved_place_id": fields.text("movedPlaceId")}
    if profile is not Profile.REFRESH:
        columns |= _columns(fields)
        facts |= _facts(fields)
        lines = fields.texts("regularOpeningHours.weekdayDescriptions")
        if language.lower().partition("-")[0] == "en":
            columns |= hours_columns(lines)
        else:
            facts["weekday_descriptions"] = lines or None
    if profile is Profile.FULL:
        facts |= _atmosphere(fields)
    return Details(place_id, columns, facts, tuple(fields.odd))


def _columns(fields: Fields) -> dict[str, Any]:
    types = fields.texts("types")
    main = fields.text("primaryType") or (types[0] if types else None)
    return {
        "business_name": fields.text("displayName.text"),
        "full_address": fields.text("formattedAddress"),
        **address_columns(fields.objects("addressComponents")),
        "phone": fields.text("internationalPhoneNumber") or fields.text("nationalPhoneNumber"),
        "website_url": fields.web_address("websiteUri"),
        "rating": fields.number("rating", 0, 5, places=2),
        "reviews_count": fields.whole("userRatingCount", 0, MOST_REVIEWS),
        "price_text": PRICES.get(fields.text("priceLevel") or ""),
        "main_category": main,
        "extra_categories": [each for each in types if each != main] or None,
        "latitude": fields.number("location.latitude", -90, 90, places=7),
        "longitude": fields.number("location.longitude", -180, 180, places=7),
        "timezone": fields.text("timeZone.id") or _offset_as_zone(_utc_offset(fields)),
    }


def _facts(fields: Fields) -> dict[str, Any]:
    return {
        "business_status": fields.text("businessStatus"),
        "google_maps_uri": fields.web_address("googleMapsUri"),
        "utc_offset_minutes": _utc_offset(fields),
    }


def _atmosphere(fields: Fields) -> dict[str, Any]:
    single = {name: fields.flag(name) for name in FLAGS}
    groups = {name: fields.flags(name) for name in GROUPS_OF_FLAGS}
    features = {name: held for name, held in {**single, **groups}.items() if held not in (None, {})}
    return {"features": features or None, "editorial_summary": fields.text("editorialSummary.text", longest=2000)}


def _utc_offset(fields: Fields) -> int | None:
    return fields.whole("utcOffsetMinutes", -WIDEST_OFFSET, WIDEST_OFFSET)


def _offset_as_zone(minutes: int | None) -> str | None:
    if minutes is None:
        return None
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
