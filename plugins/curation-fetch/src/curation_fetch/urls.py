"""URLs as browsers read them (WHATWG), which is how strangers write them."""

from __future__ import annotations

from ada_url import URL, join_url

SCHEMES = frozenset({"http:", "https:"})


def fetchable(url: str, base: str | None = None) -> str:
    """A URL in its one canonical form, without what is never sent: user name, password and fragment.

    Args:
        url: The URL, absolute, or relative to ``base``.
        base: The URL it was found at.

    Returns:
        The form every spelling shares: host in ASCII and lower case, an address as dotted quad, the path escaped.

    Raises:
        ValueError: It is no URL, or has no host, or is neither http nor https.

    >>> fetchable("HTTP://0x7f.1:80/a b#top")
    'http://127.0.0.1/a%20b'
    """
    parsed = URL(join_url(base, url) if base else url.strip())
    if parsed.protocol not in SCHEMES:
        message = f"the scheme {parsed.protocol} is neither http nor https"
        raise ValueError(message)
    del parsed.username
    del parsed.password
    del parsed.hash
    return parsed.href


def scheme_of(url: str, base: str) -> str | None:
    """The scheme a reference leads to, such as ``ftp:``; ``None`` where it is no URL."""
    try:
        return URL(join_url(base, url)).protocol
    except ValueError:
        return None


def shown(url: str) -> str:
    """A URL fit for an error or a log: without user name, password and query.

    >>> shown("https://ann:pw@example.com/a?token=1")
    'https://example.com/a?…'
    """
    try:
        parsed = URL(url)
    except ValueError:
        return "an invalid URL"
    mark = "?…" if parsed.search else ""
    return f"{parsed.protocol}//{parsed.host}{parsed.pathname}{mark}"
