"""What becomes of an item: from what was found, or what went wrong, to an outcome."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from curation_core import Attempt, Done, Fail, Outcome, Retry, Skip
from curation_fetch import FetchError, HttpStatus
from curation_page_curation.errors import PageError
from curation_page_curation.politeness import Disallowed, HostBusy, asked_wait
from curation_page_curation.visit import WAITED, Visit

MAX_ATTEMPTS = 20
"""Claims of a page, also those that only waited for a host; the plugin counts those that went wrong by itself."""
TRIES = 4
"""Visits of a page that may go wrong before it fails; ``max_attempts`` may end it sooner."""
BACKOFF = timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)
FREE_WAITS = 3
"""How often a host may ask to be left alone before that counts as going wrong."""

_CODES: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "gone",
    HTTPStatus.GONE: "gone",
    HTTPStatus.UNAUTHORIZED: "forbidden",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: "forbidden",
}
_NOTES = {
    "moved_off_site": "moved_off_site: it redirects to another domain, whose contacts are not this one's",
    "not_html": "not_html: it is no page of HTML",
}


def verdict_on(visit: Visit) -> Outcome:
    """The outcome of a visit that came to its end."""
    note = visit.facts.get("note")
    if note in _NOTES:
        return Skip(_NOTES[note], result=visit)
    contents = visit.contents
    found = f"{len(contents.emails)} e-mails, {len(contents.phones)} phones" if contents else ""
    return Done(visit, note=found)


def on_error(remembered: dict[str, Any] | None, error: Exception, attempt: Attempt) -> Outcome:
    """The outcome of a visit that came to nothing.

    Args:
        remembered: The page's ``additional_json``.
        error: What ended it.
        attempt: Which attempt it was.

    Returns:
        Put back where the host is busy or asks for time, failed where another try can't help, and retried where it may,
        until it has gone wrong often enough.
    """
    waited = waited_before(remembered, attempt)
    match error:
        case HostBusy():
            return _put_back(timedelta(seconds=error.seconds), str(error), waited)
        case Disallowed():
            return Skip(str(error), result=Visit(facts={"note": "robots_disallowed"}))
        case PageError():
            return _failed(error)
        case FetchError() if (wait := asked_wait(error)) is not None and waited < FREE_WAITS:
            return _put_back(timedelta(seconds=wait), _reason(error), waited)
        case FetchError() if not error.can_retry:
            return _failed(error)
    if attempt.number - waited >= TRIES or attempt.is_last:
        return _failed(error)
    wait = error.retry_after if isinstance(error, FetchError) else None
    return Retry(timedelta(seconds=wait) if wait else None, _reason(error))  # else the policy's backoff


def waited_before(remembered: dict[str, Any] | None, attempt: Attempt) -> int:
    """How many attempts since the page was queued only waited.

    Args:
        remembered: The page's ``additional_json``.
        attempt: Which attempt this is: the first one has none before it, whatever an earlier queueing left.
    """
    count = remembered.get(WAITED) if isinstance(remembered, dict) else None
    return min(count, attempt.number - 1) if isinstance(count, int) else 0


def _put_back(after: timedelta, reason: str, waited: int) -> Retry:
    return Retry(after, reason, result=Visit(facts={WAITED: waited + 1}))


def _failed(error: Exception) -> Fail:
    facts: dict[str, Any] = {"http_status": error.status} if isinstance(error, HttpStatus) else {}
    return Fail(_reason(error), result=Visit(failed=True, facts={**facts, "note": _code(error)}))


def _code(error: Exception) -> str:
    if isinstance(error, HttpStatus):
        return _CODES.get(error.status, error.code)
    return getattr(error, "code", "failed")


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return f"{_code(error)}: {text.partition(': ')[2]}" if isinstance(error, HttpStatus) else text
