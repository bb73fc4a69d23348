"""What keeps us from asking a host: its rules, and its line."""

from __future__ import annotations

from http import HTTPStatus

from curation_fetch import FetchError, HttpStatus

SLOW_SECONDS = 60
"""How long a host that says "too many requests" is left alone, when it names no time."""


class HostBusy(Exception):
    """So many wait for a host that a page is better put back.

    Args:
        host: The host.
        seconds: When to come back.
    """

    def __init__(self, host: str, seconds: float) -> None:
        self.host = host
        self.seconds = seconds
        super().__init__(f"host_busy: the next turn at {host} comes in {seconds:.0f} s")


class Disallowed(Exception):
    """A host's robots.txt asks us not to fetch an address.

    Args:
        url: The address, fit to be shown.
    """

    def __init__(self, url: str) -> None:
        super().__init__(f"robots_disallowed: the site's robots.txt asks us not to fetch {url}")


def asked_wait(error: FetchError) -> float | None:
    """The seconds for which a host asks to be left alone: it says 429, or 503 with a time. ``None``: it does not."""
    if not isinstance(error, HttpStatus):
        return None
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return error.retry_after or SLOW_SECONDS
    return error.retry_after if error.status == HTTPStatus.SERVICE_UNAVAILABLE else None
