"""The stub keeps to what is documented of the API, so that a test against it says something."""

from __future__ import annotations

import asyncio
import signal
import sys

import aiohttp
import pytest

from curation_deep_scan.stub import PlacesStub, error, place


@pytest.fixture
async def ask(stub, settings):
    key = settings().api_key.get_secret_value()
    async with aiohttp.ClientSession() as session:

        async def ask(place_id="ChIJ-cafe", mask="id", key=key):
            headers = {"X-Goog-Api-Key": key, "X-Goog-FieldMask": mask}
            sent = {name: value for name, value in headers.items() if value}
            async with session.get(f"{stub.base_url}/v1/places/{place_id}", headers=sent) as response:
                return response.status, await response.json()

        yield ask


async def test_an_answer_has_no_more_than_the_mask_asks_for(ask):
    mask = "id,displayName.text,regularOpeningHours.openNow,noSuchField"
    assert await ask(mask=mask) == (
        200,
        {"id": "ChIJ-cafe", "displayName": {"text": "Joe's Cafe"}, "regularOpeningHours": {"openNow": True}},
    )
    assert "reviews" in (await ask(mask="*"))[1]


@pytest.mark.parametrize("mask", ["", "id, rating"])
async def test_a_mask_is_needed_and_has_no_blanks(ask, mask):
    status, body = await ask(mask=mask)
    assert (status, body["error"]["status"]) == (400, "INVALID_ARGUMENT")


async def test_the_right_key_is_needed(ask):
    status, body = await ask(key="")
    assert (status, body["error"]["details"][0]["reason"]) == (403, "CREDENTIALS_MISSING")
    status, body = await ask(key="another")
    assert (status, body["error"]["details"][0]["reason"]) == (400, "API_KEY_INVALID")


async def test_a_place_of_which_nothing_was_told_is_not_found(ask):
    status, body = await ask("ChIJ-gone")
    assert (status, body["error"]["status"]) == (404, "NOT_FOUND")


async def test_answers_come_in_their_order_the_last_one_stays_and_each_call_is_counted(ask, stub):
    stub.tell("ChIJ-busy", error(503, "UNAVAILABLE"), place("ChIJ-busy"))
    assert [(await ask("ChIJ-busy"))[0] for _ in range(3)] == [503, 200, 200]
    await ask()
    assert stub.calls == {"ChIJ-busy": 3, "ChIJ-cafe": 1}
    assert [seen.place_id for seen in stub.seen] == ["ChIJ-busy"] * 3 + ["ChIJ-cafe"]


async def test_two_stubs_stand_side_by_side(stub):
    async with PlacesStub() as another:
        assert another.base_url != stub.base_url


async def test_the_command_serves_a_place_for_whatever_looks_like_a_place_id():
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "curation_deep_scan.stub"), stdout=asyncio.subprocess.PIPE
    )
    try:
        told = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        address = told.split()[-1]
        headers = {"X-Goog-Api-Key": "any", "X-Goog-FieldMask": "id"}
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.get(f"{address}/v1/places/ChIJ-any") as response:
                assert await response.json() == {"id": "ChIJ-any"}
            async with session.get(f"{address}/v1/places/gone") as response:
                assert response.status == 404
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 60) == 130
