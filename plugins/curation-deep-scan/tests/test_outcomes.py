"""The map from Google's answers to outcomes, row by row, by real calls to a stub of the API."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from curation_core import Attempt, Done, Fail, Pause, Retry
from curation_deep_scan.pace import Pace
from curation_deep_scan.pacific import until_midnight
from curation_deep_scan.stub import StubAnswer, error, place

LAST = Attempt("deep-scan", "[1]", number=5, max_attempts=5)


def code_of(outcome):
    return outcome.reason.partition(":")[0]


async def test_a_place_is_done_by_one_call_that_carries_key_mask_and_language_in_their_places(scan, stub):
    outcome = await scan(language="en-GB")
    assert isinstance(outcome, Done)
    assert outcome.note == ""
    assert outcome.result.details.columns["business_name"] == "Joe's Cafe"
    (seen,) = stub.seen
    assert seen.path == "/v1/places/ChIJ-cafe?languageCode=en-GB"
    assert seen.mask.startswith("id,movedPlaceId,addressComponents,")
    assert seen.key not in seen.path


async def test_a_place_under_another_id_is_done_and_the_other_id_noted(scan, stub):
    stub.tell("ChIJ-old", place("ChIJ-new"))
    outcome = await scan("ChIJ-old")
    assert isinstance(outcome, Done)
    assert outcome.note == "place_id_changed: ChIJ-new"


async def test_a_place_that_was_closed_for_good_is_done_and_flagged(scan, stub):
    stub.tell("ChIJ-cafe", place("ChIJ-cafe", businessStatus="CLOSED_PERMANENTLY", movedPlaceId="ChIJ-next"))
    outcome = await scan()
    assert isinstance(outcome, Done)
    assert outcome.note == "closed_permanently; moved_to: ChIJ-next"
    assert outcome.result.details.facts["business_status"] == "CLOSED_PERMANENTLY"


async def test_a_place_of_which_nothing_is_told_but_its_id_is_done_by_that_name(scan, stub):
    stub.tell("ChIJ-cafe", StubAnswer({"id": "ChIJ-cafe"}))
    assert (await scan()).note == "no_details"


async def test_a_place_that_is_not_found_fails_for_good(scan, stub):
    outcome = await scan("ChIJ-gone")
    assert isinstance(outcome, Fail)
    assert code_of(outcome) == "place_gone"


@pytest.mark.parametrize(
    "answer",
    [
        error(400, "INVALID_ARGUMENT", "Not a valid Place ID: nonsense"),
        error(400, "INVALID_ARGUMENT", "Invalid place ID."),
        error(400, "INVALID_ARGUMENT", "Invalid resource name, place_id is malformed"),
        error(400, "INVALID_ARGUMENT", field_violations={"place_id": "malformed"}),
        error(400, "INVALID_ARGUMENT", field_violations={"name": "malformed"}),
    ],
)
async def test_an_invalid_place_id_fails_for_good(scan, stub, answer):
    stub.tell("nonsense", answer)
    outcome = await scan("nonsense")
    assert isinstance(outcome, Fail)
    assert code_of(outcome) == "place_id_invalid"


@pytest.mark.parametrize("place_id", ["", "  ", ".", "..", "/"])
async def test_a_row_without_a_place_id_fails_without_a_call(scan, stub, place_id):
    outcome = await scan(place_id)
    assert isinstance(outcome, Fail)
    assert code_of(outcome) == "place_id_invalid"
    assert stub.seen == []


async def test_a_place_id_that_looks_like_a_path_stays_in_its_place(scan, stub):
    outcome = await scan("../x?y=z#w")
    assert isinstance(outcome, Fail)
    assert [seen.place_id for seen in stub.seen] == ["../x?y=z#w"]


@pytest.mark.parametrize(
    "answer",
    [
        error(400, "INVALID_ARGUMENT", "Error expanding 'fields' parameter. Cannot find matching fields for path 'x'."),
        error(400, "INVALID_ARGUMENT", "FieldMask is a required parameter."),
        error(400, "INVALID_ARGUMENT", "Invalid language code."),
        error(400, "INVALID_ARGUMENT", field_violations={"fields": "no such field"}),
        error(400, "INVALID_ARGUMENT", field_violations={"place_id": "odd", "language_code": "no such language"}),
    ],
)
async def test_an_invalid_mask_or_language_pauses_the_workflow_since_every_row_would_fail(scan, stub, answer):
    stub.tell("ChIJ-cafe", answer)
    outcome = await scan(refused_pause_minutes=45)
    assert isinstance(outcome, Pause)
    assert code_of(outcome) == "request_refused"
    assert outcome.duration == timedelta(minutes=45)


async def test_an_argument_that_google_does_not_name_is_tried_again_and_holds_up_nobody(scan, stub):
    stub.tell("ChIJ-odd", error(400, "INVALID_ARGUMENT"))
    outcome = await scan("ChIJ-odd")
    assert isinstance(outcome, Retry)
    assert code_of(outcome) == "argument_invalid"


async def test_an_argument_that_google_does_not_name_is_the_place_id_once_another_place_was_answered(
    scan, stub, new_scanner
):
    stub.tell("ChIJ-odd", error(400, "INVALID_ARGUMENT"))
    scanner = await new_scanner()
    await scan("ChIJ-cafe", using=scanner)
    outcome = await scan("ChIJ-odd", using=scanner)
    assert isinstance(outcome, Fail)
    assert code_of(outcome) == "place_id_invalid"


async def test_an_argument_that_google_does_not_name_pauses_the_workflow_before_a_row_fails_of_it(scan, stub):
    stub.tell("ChIJ-odd", error(400, "INVALID_ARGUMENT"))
    outcome = await scan("ChIJ-odd", attempt=LAST)
    assert isinstance(outcome, Pause)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (400, "API_KEY_INVALID"),
        (400, "API_KEY_EXPIRED"),
        (401, "CREDENTIALS_MISSING"),
        (401, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        (403, "SERVICE_DISABLED"),
        (403, "BILLING_DISABLED"),
        (403, "API_KEY_SERVICE_BLOCKED"),
        (403, "API_KEY_HTTP_REFERRER_BLOCKED"),
        (403, "API_KEY_IP_ADDRESS_BLOCKED"),
        (403, "API_KEY_ANDROID_APP_BLOCKED"),
        (403, "API_KEY_IOS_APP_BLOCKED"),
        (403, "CONSUMER_SUSPENDED"),
        (403, "CONSUMER_INVALID"),
        (403, "USER_PROJECT_DENIED"),
        (403, "SECURITY_POLICY_VIOLATED"),
        (403, "A_REASON_OF_TOMORROW"),
    ],
)
async def test_a_key_a_project_or_a_billing_that_is_refused_pauses_the_workflow(scan, stub, caplog, code, reason):
    status = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"}[code]
    stub.tell("ChIJ-cafe", error(code, status, "No.", reason=reason))
    outcome = await scan()
    assert isinstance(outcome, Pause)
    assert outcome.reason == f"key_refused: {reason}: No."
    assert outcome.duration == timedelta(hours=1)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_a_403_that_is_no_answer_of_the_api_pauses_the_workflow_too(scan, stub):
    stub.tell("ChIJ-cafe", StubAnswer(b"<html>Forbidden</html>", 403))
    outcome = await scan()
    assert isinstance(outcome, Pause)
    assert outcome.reason == "key_refused: the answer was HTTP 403"


PER_MINUTE = {"quota_limit": "GetPlaceRequestPerMinutePerProject", "quota_unit": "1/min/{project}"}
PER_DAY = {"quota_limit": "GetPlaceRequestPerDayPerProject", "quota_unit": "1/d/{project}"}


@pytest.mark.parametrize(
    "answer",
    [
        error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", reason="RATE_LIMIT_EXCEEDED", metadata=PER_MINUTE),
        error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for limit 'GetPlaceRequest per minute'."),
        error(429, "RESOURCE_EXHAUSTED", quota_id="GetPlaceRequestPerMinutePerProject"),
        StubAnswer(b"Too many requests", 429),
    ],
)
async def test_the_quota_per_minute_is_waited_for_uncharged_and_slows_this_process(scan, stub, new_scanner, answer):
    stub.tell("ChIJ-cafe", answer)
    scanner = await new_scanner()
    outcome = await scan(using=scanner)
    assert isinstance(outcome, Retry)
    assert not outcome.charged
    assert code_of(outcome) == "quota_per_minute"
    assert timedelta(seconds=30) <= outcome.after <= timedelta(seconds=90)
    assert scanner.pace.slowness == 2


async def test_no_other_place_is_asked_for_until_the_minute_is_over_and_that_is_not_charged(scan, stub, new_scanner):
    stub.tell("ChIJ-cafe", error(429, "RESOURCE_EXHAUSTED", retry_delay="60s"))
    scanner = await new_scanner()
    scanner.pace = Pace(300, longest_wait=0.1)
    await scan(using=scanner)
    others = await scan("ChIJ-other", using=scanner)
    assert isinstance(others, Retry)
    assert not others.charged
    assert code_of(others) == "quota_per_minute"
    assert timedelta(seconds=50) < others.after < timedelta(seconds=60)
    assert stub.calls["ChIJ-other"] == 0


@pytest.mark.parametrize(
    "answer",
    [
        error(429, "RESOURCE_EXHAUSTED", retry_delay="35s"),
        error(429, "RESOURCE_EXHAUSTED", headers={"Retry-After": "35"}),
        error(429, "RESOURCE_EXHAUSTED", retry_delay="35s", headers={"Retry-After": "70"}),
    ],
)
async def test_the_quota_per_minute_is_waited_for_as_long_as_google_says(scan, stub, answer):
    stub.tell("ChIJ-cafe", answer)
    assert (await scan()).after == timedelta(seconds=35)


async def test_no_server_makes_a_place_wait_for_ever(scan, stub):
    stub.tell("ChIJ-cafe", error(429, "RESOURCE_EXHAUSTED", headers={"Retry-After": "9" * 400}))
    assert (await scan()).after == timedelta(hours=1)


@pytest.mark.parametrize(
    "answer",
    [
        error(429, "RESOURCE_EXHAUSTED", reason="RATE_LIMIT_EXCEEDED", metadata=PER_DAY),
        error(429, "RESOURCE_EXHAUSTED", reason="RATE_LIMIT_EXCEEDED", metadata={"quota_unit": "1/d/{project}"}),
        error(429, "RESOURCE_EXHAUSTED", quota_id="GetPlaceRequestPerDayPerProject"),
        error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric 'GetPlaceRequest' and limit 'per day'."),
        error(429, "RESOURCE_EXHAUSTED", "You have exceeded your daily request quota for this API."),
        error(429, "RESOURCE_EXHAUSTED", reason="RESOURCE_QUOTA_EXCEEDED"),
        error(400, "FAILED_PRECONDITION", reason="RESOURCE_QUOTA_EXCEEDED"),
    ],
)
async def test_the_quota_per_day_pauses_the_workflow_until_midnight_pacific_time(scan, stub, answer):
    stub.tell("ChIJ-cafe", answer)
    before = until_midnight(datetime.now(UTC))
    outcome = await scan()
    assert isinstance(outcome, Pause)
    assert code_of(outcome) == "quota_per_day"
    assert until_midnight(datetime.now(UTC)) <= outcome.duration <= before


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504])
async def test_what_passes_is_tried_again_by_the_backoff(scan, stub, status):
    stub.tell("ChIJ-cafe", StubAnswer(b"<html>not now</html>", status))
    outcome = await scan()
    assert isinstance(outcome, Retry)
    assert code_of(outcome) == "api_unavailable"
    assert outcome.after is None


async def test_an_api_that_says_when_it_is_back_is_asked_then(scan, stub):
    stub.tell("ChIJ-cafe", error(503, "UNAVAILABLE", headers={"Retry-After": "120"}))
    assert (await scan()).after == timedelta(minutes=2)


async def test_an_answer_that_takes_too_long_is_tried_again(scan, stub):
    async def hang(request):
        await asyncio.Event().wait()

    stub.tell("ChIJ-cafe", hang)
    outcome = await scan(timeout_seconds=0.2)
    assert isinstance(outcome, Retry)
    assert outcome.reason == "timeout: no whole answer within 0.2 s"


async def test_a_connection_that_breaks_is_tried_again_later_and_not_by_the_http_library(scan, stub):
    async def hang_up(request):
        request.transport.abort()
        return web.Response()

    stub.tell("ChIJ-cafe", hang_up)
    outcome = await scan()
    assert isinstance(outcome, Retry)
    assert code_of(outcome) == "reset"
    assert stub.calls["ChIJ-cafe"] == 1


async def test_an_api_that_nobody_runs_is_tried_again(scan):
    outcome = await scan(base_url="http://127.0.0.1:9")
    assert isinstance(outcome, Retry)
    assert code_of(outcome) == "unreachable"


async def test_an_api_that_answers_not_found_for_another_reason_than_the_place_pauses_the_workflow(scan, stub):
    stub.tell("ChIJ-cafe", StubAnswer(b"<html>404, that is an error</html>", 404))
    outcome = await scan()
    assert isinstance(outcome, Pause)
    assert code_of(outcome) == "request_refused"
