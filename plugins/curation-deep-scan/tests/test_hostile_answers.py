"""Answers that no honest API gives, and what must not get out of here."""

from __future__ import annotations

import gzip
import json
import logging

import pytest
from aiohttp import web

from curation_core import Done, Pause, Retry
from curation_deep_scan.places import MAX_BODY, CallFailedError, PlacesClient
from curation_deep_scan.profiles import FULL
from curation_deep_scan.stub import PlacesStub, StubAnswer, error, place


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_json"),
        (b"{", "bad_json"),
        (b"[]", "bad_json"),
        (b"null", "bad_json"),
        (b'{"id": "ChIJ-cafe", "rating": NaN}', "bad_json"),
        (b"[" * 200_000, "bad_json"),
        (b"<!doctype html><title>Sign in to the hotel's network</title>", "bad_json"),
        (b"\xff\xfe\x00", "bad_json"),
        (b"{}", "bad_answer"),
        (b'{"id": 7}', "bad_answer"),
        (b'{"id": ""}', "bad_answer"),
        (b" " * (MAX_BODY + 1), "too_large"),
    ],
)
async def test_an_answer_that_is_no_place_is_tried_again(scan, stub, body, code):
    stub.tell("ChIJ-cafe", StubAnswer(body))
    outcome = await scan()
    assert isinstance(outcome, Retry)
    assert outcome.reason.partition(":")[0] == code


async def test_a_body_that_unpacks_to_more_than_is_read_is_left_alone(scan, stub):
    bomb = gzip.compress(b" " * (64 * 2**20))
    stub.tell("ChIJ-cafe", StubAnswer(bomb, headers={"Content-Encoding": "gzip"}))
    outcome = await scan()
    assert isinstance(outcome, Retry)
    assert outcome.reason == f"too_large: the answer has more than {MAX_BODY} bytes"


async def test_an_answer_that_is_cut_short_is_tried_again(scan, stub):
    async def cut(request):
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"id": ')
        request.transport.abort()
        return response

    stub.tell("ChIJ-cafe", cut)
    outcome = await scan()
    assert isinstance(outcome, Retry)
    assert outcome.reason.partition(":")[0] in {"bad_answer", "reset"}


async def test_a_server_that_speaks_something_else_is_tried_again(scan, stub):
    async def babble(request):
        request.transport.write(b"220 mail.example ESMTP\r\n")
        request.transport.close()
        return web.Response()

    stub.tell("ChIJ-cafe", babble)
    outcome = await scan()
    assert isinstance(outcome, Retry)
    assert outcome.reason.partition(":")[0] in {"bad_answer", "reset"}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_so_that_the_key_goes_nowhere_else(scan, stub, status):
    async with PlacesStub() as elsewhere:
        elsewhere.tell("ChIJ-cafe", place("ChIJ-cafe"))
        there = f"{elsewhere.base_url}/v1/places/ChIJ-cafe"
        stub.tell("ChIJ-cafe", StubAnswer(b"", status, {"Location": there}))
        outcome = await scan()
        assert isinstance(outcome, Pause)
        assert outcome.reason == f"request_refused: the answer was HTTP {status}"
        assert elsewhere.seen == []


async def test_a_place_whose_every_field_is_of_another_type_is_done_without_them(scan, stub):
    for odd in (None, True, 7, -1.5, "text", ["text"], [None], {"text": {}}, {"": []}, 10**400, "\x00\ud800"):
        fields = {name.partition(".")[0]: odd for name in FULL if name != "id"}
        stub.tell("ChIJ-cafe", StubAnswer({"id": "ChIJ-cafe", **fields}))
        outcome = await scan(profile="full")
        assert isinstance(outcome, Done), odd
        json.dumps(outcome.result.details.facts)
    assert outcome.note.startswith("no_details; odd_fields: ")


async def test_the_fields_that_are_odd_are_named_and_the_others_kept(scan, stub):
    stub.tell("ChIJ-cafe", place("ChIJ-cafe", rating="good", websiteUri="javascript:alert(1)", userRatingCount=-1))
    outcome = await scan()
    assert isinstance(outcome, Done)
    assert outcome.note == "odd_fields: websiteUri, rating, userRatingCount"
    columns = outcome.result.details.columns
    assert (columns["rating"], columns["website_url"], columns["reviews_count"]) == (None, None, None)
    assert columns["business_name"] == "Joe's Cafe"


@pytest.mark.parametrize(
    "name", [None, {}, {"text": ""}, {"text": None}, {"text": 5}, "Joe's", [], {"text": "x" * 501}]
)
async def test_a_place_without_a_name_keeps_what_else_is_known(scan, stub, name):
    stub.tell("ChIJ-cafe", place("ChIJ-cafe", displayName=name))
    outcome = await scan()
    assert isinstance(outcome, Done)
    assert outcome.result.details.columns["business_name"] is None
    assert outcome.result.details.columns["city"] == "Austin"


# -- the key --------------------------------------------------------------------------------------------------------


async def test_a_key_that_google_repeats_in_an_error_is_not_shown(scan, stub, settings, caplog):
    key = settings().api_key.get_secret_value()
    another = "AIzaSyAnotherKeyThatGoogleNamesInItsText"
    told = f"Permission denied: Consumer 'api_key:{key}' has been suspended, and so has {another}."
    stub.tell("ChIJ-cafe", error(403, "PERMISSION_DENIED", told, reason="CONSUMER_SUSPENDED"))
    outcome = await scan()
    assert isinstance(outcome, Pause)
    assert "Consumer 'api_key:***' has been suspended, and so has ***." in outcome.reason
    assert key not in caplog.text + outcome.reason


async def test_a_failed_call_carries_the_key_neither_in_its_text_nor_in_what_caused_it(stub, settings):
    async def babble(request):
        request.transport.write(b"no HTTP\r\n\r\n")
        request.transport.close()
        return web.Response()

    stub.tell("ChIJ-cafe", babble)
    made = settings()
    async with PlacesClient(made) as client:
        with pytest.raises(CallFailedError) as caught:
            await client.details("ChIJ-cafe")
    found = caught.value
    assert found.__cause__ is None
    assert found.__context__ is None
    assert made.api_key.get_secret_value() not in repr(found)


async def test_the_key_is_in_no_log_and_no_repr_of_a_scan(scan, stub, settings, caplog):
    key = settings().api_key.get_secret_value()
    caplog.set_level(logging.DEBUG)
    outcome = await scan()
    assert stub.seen[0].key == key
    assert key not in repr(outcome) + repr(settings()) + str(settings()) + caplog.text
