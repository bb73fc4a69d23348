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

BACKOFF = timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)
SOON = 0.1
"""Seconds that a page is put back for at least: a turn may come while its coming is told."""
FREE_WAITS = 3
"""How often a host may ask to be left alone before that is charged as an attempt."""

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
        Put back uncharged where the host is busy or asks for time, failed where another try can't help, and retried
        where it may, until it has gone wrong often enough.
    """
    asked = _asked_before(remembered, attempt) or 0
    match error:
        case HostBusy():
            return _put_back(error.seconds, str(error), attempt, asked)
        case Disallowed():
            return Skip(str(error), result=Visit(facts={"note": "robots_disallowed"}))
        case PageError():
            return _failed(error)
        case FetchError() if (wait := asked_wait(error)) is not None and asked < FREE_WAITS:
            return _put_back(wait, _reason(error), attempt, asked + 1)
        case FetchError() if not error.can_retry:
            return _failed(error)
    if attempt.is_last:
        return _failed(error)
    wait = error.retry_after if isinstance(error, FetchError) else None
    return Retry(timedelta(seconds=wait) if wait else None, _reason(error))  # else the policy's backoff


def books(remembered: dict[str, Any] | None, attempt: Attempt) -> bool:
    """Whether a page takes a place in its host's line: once for each queueing.

    Args:
        remembered: The page's ``additional_json``.
        attempt: Which attempt it is.
    """
    return attempt.number == 1 and _asked_before(remembered, attempt) is None


def _asked_before(remembered: dict[str, Any] | None, attempt: Attempt) -> int | None:
    """How often the host asked for time since the page was queued; ``None`` if it was not put back since."""
    waited = remembered.get(WAITED) if isinstance(remembered, dict) else None
    asked = waited.get(attempt.idempotency_key) if isinstance(waited, dict) else None
    return asked if isinstance(asked, int) else None


def _put_back(seconds: float, reason: str, attempt: Attempt, asked: int) -> Retry:
    waited = Visit(facts={WAITED: {attempt.idempotency_key: asked}})
    return Retry(timedelta(seconds=max(seconds, SOON)), reason, result=waited, charged=False)


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
