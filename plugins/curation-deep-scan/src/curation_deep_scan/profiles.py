"""Which fields are asked for. A call is billed at the highest tier that one of its fields belongs to.

The tiers are those of Google's page "Place Details (New)", section FieldMask.
"""

from __future__ import annotations

from enum import StrEnum

IDS = ("id", "movedPlaceId")  # free
CONTACT = (
    *IDS,
    # Essentials
    "addressComponents",
    "formattedAddress",
    "location",
    "types",
    # Pro
    "businessStatus",
    "displayName",
    "googleMapsUri",
    "primaryType",
    "timeZone",
    "utcOffsetMinutes",
    # Enterprise, the floor: the next step needs the website
    "internationalPhoneNumber",
    "nationalPhoneNumber",
    "priceLevel",
    "rating",
    "regularOpeningHours.weekdayDescriptions",
    "userRatingCount",
    "websiteUri",
)
FLAGS = (
    *("allowsDogs", "curbsidePickup", "delivery", "dineIn", "goodForChildren", "goodForGroups"),
    *("goodForWatchingSports", "liveMusic", "menuForChildren", "outdoorSeating", "reservable", "restroom"),
    *("servesBeer", "servesBreakfast", "servesBrunch", "servesCocktails", "servesCoffee", "servesDessert"),
    *("servesDinner", "servesLunch", "servesVegetarianFood", "servesWine", "takeout"),
)
GROUPS_OF_FLAGS = ("accessibilityOptions", "parkingOptions", "paymentOptions")
FULL = (*CONTACT, "editorialSummary", *FLAGS, *GROUPS_OF_FLAGS)  # Enterprise + Atmosphere


class Profile(StrEnum):
    """A set of fields with a name."""

    CONTACT = "contact"  # what local_businesses has columns for: Enterprise
    REFRESH = "refresh"  # whether the place ID still holds: free
    FULL = "full"  # and what the place offers, into additional_json: Enterprise + Atmosphere

    @property
    def mask(self) -> str:
        """The value of the header ``X-Goog-FieldMask``: without blanks, and never ``*``."""
        return ",".join({Profile.CONTACT: CONTACT, Profile.REFRESH: IDS, Profile.FULL: FULL}[self])
