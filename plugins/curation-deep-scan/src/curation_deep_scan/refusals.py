"""What an answer means that brought no place: whose fault it is, and so what must wait."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

from curation_deep_scan.envelope import ApiError, read_error
from curation_deep_scan.places import Answer


class Meaning(Enum):
    """Why there is no place, with the code that the error column and the history begin with."""

    PLACE_GONE = "place_gone"  # the ID holds no longer
    PLACE_ID_INVALID = "place_id_invalid"  # it is no place ID
    ARGUMENT_INVALID = "argument_invalid"  # something of the request is wrong, and Google does not say what
    REQUEST_REFUSED = "request_refused"  # our mask, language or address is: every row would get this answer
    KEY_REFUSED = "key_refused"  # the key, the project or its billing
    QUOTA_PER_MINUTE = "quota_per_minute"  # too fast
    QUOTA_PER_DAY = "quota_per_day"  # nothing left until midnight
    PASSING = "api_unavailable"  # may be over the next time


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer without a place.

    Args:
        meaning: What it means.
        text: The code and what was said, for a person.
        retry_after: Seconds that Google asks to wait, if it does.
    """

    meaning: Meaning
    text: str
    retry_after: float | None = None


PASSING_STATUSES = frozenset({408, 409, 425, 499, *range(500, 600)})
_KEY_REASON = re.compile(r"API_KEY_\w+|CREDENTIALS_MISSING|(SERVICE|BILLING)_DISABLED|CONSUMER_\w+|USER_PROJECT_DENIED")
_PLACE_ID = re.compile(r"place[ _]?id\b|\bresource name\b", re.IGNORECASE)
_PER_DAY = re.compile(r"per[ _-]?day\b|PerDay|\bdaily\b|^1/d\b", re.IGNORECASE)
_ID_FIELDS = frozenset({"name", "place_id", "placeId"})


def refusal_of(answer: Answer) -> Refusal:
    """What an answer means that brought no place.

    Args:
        answer: Any answer but one with status 200.
    """
    error = read_error(answer.body)
    meaning = _meaning(answer.status, error)
    said = error.message or f"the answer was HTTP {answer.status}"
    detail = error.reason or error.status
    text = f"{meaning.value}: {detail}: {said}" if detail else f"{meaning.value}: {said}"
    waits = (error.retry_after, answer.retry_after)
    return Refusal(meaning, text, next((wait for wait in waits if wait is not None), None))


def _meaning(status: int, error: ApiError) -> Meaning:
    if status in PASSING_STATUSES:
        return Meaning.PASSING
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Meaning.QUOTA_PER_DAY if _is_daily(error) else Meaning.QUOTA_PER_MINUTE
    if error.reason == "RESOURCE_QUOTA_EXCEEDED":
        return Meaning.QUOTA_PER_DAY
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or _KEY_REASON.fullmatch(error.reason):
        return Meaning.KEY_REFUSED
    if status == HTTPStatus.NOT_FOUND and error.status == "NOT_FOUND":
        return Meaning.PLACE_GONE
    if status == HTTPStatus.BAD_REQUEST and error.status == "INVALID_ARGUMENT":
        return _invalid_argument(error)
    return Meaning.REQUEST_REFUSED  # a redirect, a page of another server: nothing that depends on the row


def _is_daily(error: ApiError) -> bool:
    # The message names both where a limit is called "… per minute per day"; what is structured comes first.
    names = error.limits or (error.message,)
    return error.reason == "RESOURCE_QUOTA_EXCEEDED" or any(_PER_DAY.search(name) for name in names)


def _invalid_argument(error: ApiError) -> Meaning:
    if error.fields:
        return Meaning.PLACE_ID_INVALID if _ID_FIELDS.issuperset(error.fields) else Meaning.REQUEST_REFUSED
    if _PLACE_ID.search(error.message):
        return Meaning.PLACE_ID_INVALID
    if re.search(r"field|mask|language|region|parameter", error.message, re.IGNORECASE):
        return Meaning.REQUEST_REFUSED
    return Meaning.ARGUMENT_INVALID
