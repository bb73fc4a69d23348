"""What becomes of a domain: from what was found, or what went wrong, to an outcome."""

from __future__ import annotations

from datetime import timedelta

from curation_core import Done, Fail, Outcome, Retry, Skip
from curation_fetch import FetchError
from curation_sitemap_discovery.discovery import Found, Nothing


def verdict_on(found: list[Found] | Nothing) -> Outcome:
    """The outcome of a site that was asked.

    Args:
        found: What it has.
    """
    match found:
        case Nothing(asked=0):
            return Skip("robots_disallowed: the site's robots.txt names no sitemap and asks us not to look for one")
        case Nothing(asked=asked):
            return Skip(f"no_sitemap: robots.txt names none, and none stands at {asked} common paths")
    return Done(found, note=f"{len(found)} by {found[0].discovery_method}")


def on_error(error: Exception) -> Outcome | None:
    """The outcome of a site that could not be asked.

    Args:
        error: What ended it.

    Returns:
        Failed where another try can't help, retried where it may; ``None`` for what is not foreseen, which the
        policy decides.
    """
    if not isinstance(error, FetchError):
        return None
    if not error.can_retry:
        return Fail(str(error))
    return Retry(timedelta(seconds=error.retry_after) if error.retry_after else None, str(error))
