"""What becomes of an item: from what was found, or what went wrong, to an outcome."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from curation_core import Attempt, Done, Fail, Outcome, Retry
from curation_fetch import FetchError, HttpStatus
from curation_sitemap_import.errors import SitemapError
from curation_sitemap_import.findings import Findings, LeftOut


def verdict_on(findings: Findings, attempt: Attempt) -> Outcome:
    """The outcome of an import that came to its end.

    Files that failed are tried again with the whole item, which loses nothing: what was read is saved each time, and
    saving it again changes nothing.

    Args:
        findings: What was found.
        attempt: Which attempt it was.
    """
    if findings.trouble:
        if attempt.is_last:
            return Fail(findings.trouble, result=findings)
        return Retry(_wait(findings.retry_after), findings.trouble, result=findings)
    if findings.left_out[LeftOut.TOO_DEEP] and not (findings.pages and findings.pages.count):
        return Fail("too_deep: there are only indexes, nested too deep to be followed", result=findings)
    return Done(findings, note=findings.note)


def on_error(error: Exception) -> Outcome | None:
    """The outcome of an import that came to nothing.

    Args:
        error: What ended it.

    Returns:
        Failed where another try can't help, retried where it may; ``None`` for what is not foreseen, which the
        policy decides.
    """
    match error:
        case SitemapError():
            return Fail(str(error), result=Findings(status_code=HTTPStatus.OK))
        case FetchError():
            found = Findings(status_code=error.status if isinstance(error, HttpStatus) else None)
            if error.can_retry:
                return Retry(_wait(error.retry_after), str(error), result=found)
            return Fail(str(error), result=found)
    return None


def _wait(seconds: float | None) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds else None  # "at once" is no wish: the policy waits
