"""Places as a search found them, and what the Places API answers when it is asked for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from curation_deep_scan.stub import PlacesStub, StubAnswer, error, place
from lead_pipeline.businesses import Business, make_businesses
from lead_pipeline.fates import DONE, Fate

API_KEY = "a-key-that-only-the-stub-takes"


@dataclass(frozen=True, slots=True)
class Place:
    """A place, and what must become of its row.

    Args:
        place_id: Its ID.
        business: The business there.
        answers: What the API says, call by call.
        fate: What must become of it.
    """

    place_id: str
    business: Business
    answers: tuple[StubAnswer, ...]
    fate: Fate = DONE


def make_places(count: int, listed: Sequence[str] = ()) -> list[Place]:
    """Make places, the same ones for the same arguments.

    Args:
        count: How many.
        listed: Domains that must be their businesses'.
    """
    businesses = make_businesses(count, listed)
    usual = [_place(number, business) for number, business in enumerate(businesses[: len(listed)])]
    return usual + [_maybe_odd(number, business) for number, business in enumerate(businesses)][len(listed) :]


def _maybe_odd(number: int, business: Business) -> Place:
    usual = _place(number, business)
    busy = error(503, "UNAVAILABLE", "The service is currently unavailable.")
    match number % 40:
        case 7:
            gone = error(404, "NOT_FOUND", "The Place ID is no longer valid.")
            return replace(usual, answers=(gone,), fate=Fate("failed", "place_gone"))
        case 14 | 34:
            return replace(usual, answers=(busy, *usual.answers))
        case 21:
            return replace(usual, answers=(busy,), fate=Fate("failed", "api_unavailable"))
        case 28:
            closed = _place(number, business, businessStatus="CLOSED_PERMANENTLY")
            return replace(closed, fate=Fate("done", "closed_permanently"))
    return usual


def _place(number: int, business: Business, **fields: str) -> Place:
    place_id = f"ChIJ-{number:05}"
    name = {"text": business.name, "languageCode": "en"}
    return Place(place_id, business, (place(place_id, displayName=name, websiteUri=business.website, **fields),))


def open_places(places: Sequence[Place]) -> PlacesStub:
    """The API, on loopback, once it is entered."""
    stub = PlacesStub(API_KEY)
    for each in places:
        stub.tell(each.place_id, *each.answers)
    return stub
