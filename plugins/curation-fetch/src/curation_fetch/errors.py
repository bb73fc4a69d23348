"""What can go wrong with a fetch, as one tree.

::

    FetchError
    ├── UrlRefused        invalid_url  blocked_address
    │                     redirect_invalid  redirect_loop  redirect_scheme  too_many_redirects
    ├── Unreachable       dns_not_found  dns_temporary  connect_failed  tls_invalid  tls_failed  timeout  reset
    ├── HttpStatus        http_404, http_503, …
    └── AnswerRefused     too_large  headers_too_large  bad_response  incomplete

The code is stable: count by it, show it to people, branch on it. The text beside it is for reading only.
"""

from __future__ import annotations

PASSING = frozenset({"dns_temporary", "connect_failed", "timeout", "reset", "bad_response", "incomplete"})
"""Codes after which another try may succeed, beside the passing HTTP statuses."""

PASSING_STATUSES = frozenset({408, 425, 429, *range(500, 600)})


class FetchError(Exception):
    """The root: a fetch that brought no usable answer.

    Args:
        code: The short stable word for it, such as ``dns_not_found``.
        text: What happened, for a person.
        url: The address it happened at, which after a redirect is not the one asked for. Shown without user name,
            password and query, which may hold secrets.
        retry_after: Seconds the server asked to wait, if it did.
    """

    def __init__(self, code: str, text: str, url: str, retry_after: float | None = None) -> None:
        self.code = code
        self.text = text
        self.url = url
        self.retry_after = retry_after
        super().__init__(f"{code}: {text} ({url})")

    @property
    def can_retry(self) -> bool:
        """Whether the same fetch may succeed later."""
        return self.code in PASSING


class UrlRefused(FetchError):
    """The address is none that is fetched: by its form, by where it leads, or by where it redirects to."""


class Unreachable(FetchError):
    """No answer came: the name, the connection, its encryption, or the time failed."""


class HttpStatus(FetchError):
    """The server answered, and not with what was asked for.

    Args:
        status: The HTTP status.
        url: The address that answered so.
        retry_after: Seconds the server asked to wait, if it did.
    """

    def __init__(self, status: int, url: str, retry_after: float | None = None) -> None:
        self.status = status
        super().__init__(f"http_{status}", f"the server answered {status}", url, retry_after)

    @property
    def can_retry(self) -> bool:
        """Whether the status is one that passes: 408, 425, 429 or 5xx."""
        return self.status in PASSING_STATUSES


class AnswerRefused(FetchError):
    """An answer began, and can't be taken: too much of it, or not what HTTP allows."""
