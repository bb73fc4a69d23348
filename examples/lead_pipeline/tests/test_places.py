"""The stand-in for the Places API says of each place what it foretells."""

from __future__ import annotations

from collections import Counter

from aiohttp import ClientSession

from lead_pipeline.places import API_KEY, Place, make_places, open_places

PLACES = make_places(200)


async def statuses(places: list[Place], key: str = API_KEY) -> list[int]:
    headers = {"X-Goog-Api-Key": key, "X-Goog-FieldMask": "id,websiteUri"}
    async with open_places(places) as stub, ClientSession(stub.base_url, headers=headers) as client:
        asked = [await client.get(f"/v1/places/{place.place_id}") for place in places for _ in range(2)]
        assert set(stub.calls.values()) == {2}
        return [answer.status for answer in asked]


async def test_places_answer_as_they_are_made_to() -> None:
    codes = [place.fate.code or str(len(place.answers)) for place in PLACES for _ in range(2)]
    seen = Counter(zip(codes, await statuses(PLACES), strict=True))
    assert seen == {
        ("1", 200): 2 * 175,
        ("2", 503): 10,
        ("2", 200): 10,
        ("place_gone", 404): 10,
        ("api_unavailable", 503): 10,
        ("closed_permanently", 200): 10,
    }


async def test_nobody_else_s_key_is_taken() -> None:
    assert set(await statuses(PLACES[:3], "another")) == {400}


def test_listed_places_are_never_odd() -> None:
    listed = [f"{number}.example.com" for number in range(50)]
    assert {place.fate.code for place in make_places(60, listed)[:50]} == {""}
