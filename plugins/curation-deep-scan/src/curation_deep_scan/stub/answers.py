"""What the stub can be told to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TYPE = "type.googleapis.com/google.rpc."
_SERVICE = "places.googleapis.com"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class StubAnswer:
    """One answer.

    Args:
        body: A JSON object, of which a place is cut to the field mask; or bytes, sent as they are.
        status: The HTTP status.
        headers: Further headers.
    """

    body: Mapping[str, Any] | bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def place(place_id: str, **fields: Any) -> StubAnswer:
    """A place with all that the plugin asks for.

    Args:
        place_id: Its ID.
        fields: Fields to set otherwise; ``None`` leaves one out.
    """
    whole = {
        "name": f"places/{place_id}",
        "id": place_id,
        "types": ["cafe", "food", "point_of_interest", "establishment"],
        "primaryType": "cafe",
        "nationalPhoneNumber": "(512) 555-0123",
        "internationalPhoneNumber": "+1 512-555-0123",
        "formattedAddress": "12 Main St, Austin, TX 78701, USA",
        "addressComponents": [
            _component("12", "12", "street_number"),
            _component("Main Street", "Main St", "route"),
            _component("Austin", "Austin", "locality", "political"),
            _component("Texas", "TX", "administrative_area_level_1", "political"),
            _component("United States", "US", "country", "political"),
            _component("78701", "78701", "postal_code"),
        ],
        "location": {"latitude": 30.2671530, "longitude": -97.7430608},
        "rating": 4.4,
        "userRatingCount": 321,
        "googleMapsUri": f"https://maps.google.com/?cid={place_id}",
        "websiteUri": "https://joes.example/",
        "regularOpeningHours": {
            "openNow": True,
            "weekdayDescriptions": [
                *(f"{day}: 9:00\u202fAM\u2009\u2013\u20095:00\u202fPM" for day in DAYS[:6]),
                "Sunday: Closed",
            ],
        },
        "utcOffsetMinutes": -300,
        "timeZone": {"id": "America/Chicago"},
        "businessStatus": "OPERATIONAL",
        "priceLevel": "PRICE_LEVEL_MODERATE",
        "displayName": {"text": "Joe's Cafe", "languageCode": "en"},
        "editorialSummary": {"text": "Coffee, and a view of the river.", "languageCode": "en"},
        "delivery": True,
        "dineIn": True,
        "servesCoffee": True,
        "servesBeer": False,
        "parkingOptions": {"freeStreetParking": True, "valetParking": False},
        "reviews": [{"text": {"text": "Never to be asked for."}}],
    } | fields
    return StubAnswer({name: value for name, value in whole.items() if value is not None})


def error(
    code: int,
    status: str,
    message: str = "Request contains an invalid argument.",
    *,
    reason: str = "",
    metadata: Mapping[str, str] | None = None,
    retry_delay: str = "",
    quota_id: str = "",
    field_violations: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> StubAnswer:
    """An error in Google's envelope.

    Args:
        code: The HTTP status.
        status: The canonical code, such as ``RESOURCE_EXHAUSTED``.
        message: For a person.
        reason: Adds an ``ErrorInfo`` with this reason.
        metadata: The metadata of that ``ErrorInfo``.
        retry_delay: Adds a ``RetryInfo`` with this delay, such as ``35s``.
        quota_id: Adds a ``QuotaFailure`` of this quota.
        field_violations: Adds a ``BadRequest`` with a description for each field.
        headers: Further headers.
    """
    details: list[dict[str, Any]] = []
    if reason:
        about = {"service": _SERVICE, "consumer": "projects/123456789", **(metadata or {})}
        details.append({"@type": f"{_TYPE}ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": about})
    if quota_id:
        details.append({"@type": f"{_TYPE}QuotaFailure", "violations": [{"subject": _SERVICE, "quotaId": quota_id}]})
    if retry_delay:
        details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": retry_delay})
    if field_violations:
        wrong = [{"field": name, "description": text} for name, text in field_violations.items()]
        details.append({"@type": f"{_TYPE}BadRequest", "fieldViolations": wrong})
    told = {"code": code, "message": message, "status": status, **({"details": details} if details else {})}
    return StubAnswer({"error": told}, code, headers or {})


def _component(long: str, short: str, *types: str) -> dict[str, Any]:
    return {"longText": long, "shortText": short, "types": list(types), "languageCode": "en"}
