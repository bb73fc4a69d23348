"""What a robots.txt says about an address. Asked where pages are read: patterns can be made to take for ever."""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite

from protego import Protego

REMEMBERED = 64
"""Parsed files that are kept; a large one takes a fifth of a second."""
_NAMED = re.compile(r"^([ \t]*user-agent[ \t]*:[ \t]*[^\s#]+)[ \t][^\r\n#]*", re.IGNORECASE | re.MULTILINE)
"""A name with more behind it. A name has no blanks (RFC 9309, 2.2.1): whoever writes "ours 1.0 beta" means ours."""


def rules_on(robots: bytes, *, url: str, name: str) -> tuple[bool, float | None]:
    r"""Whether an address may be fetched, and how long to wait between two requests.

    Args:
        robots: The file, as it was sent.
        url: The address.
        name: The name by which the file addresses us.

    Returns:
        Whether it may; and the Crawl-delay in seconds, if there is one.

    >>> rules_on(b"User-agent: *\nDisallow: /private\nCrawl-delay: 2", url="https://a.com/private/x", name="us")
    (False, 2.0)
    """
    parsed = _parsed(robots)
    delay = parsed.crawl_delay(name)
    return parsed.can_fetch(url, name), delay if delay is not None and isfinite(delay) and delay >= 0 else None


@lru_cache(REMEMBERED)
def _parsed(robots: bytes) -> Protego:
    return Protego.parse(_NAMED.sub(r"\1", robots.decode("utf-8-sig", "replace")))
