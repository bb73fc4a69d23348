"""From what stands in a sitemap to the URL that is kept, and to the domain it belongs to."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from ada_url import URL, HostType
from publicsuffixlist import PublicSuffixList

MAX_URL = 2048
"""Characters. The protocol's own bound; and a unique index over more than about 2,700 bytes fails."""


class Dropped(StrEnum):
    """Why a location is not kept."""

    BAD = "bad_location"  # no URL, or none of a page: mailto, javascript, ftp
    LONG = "long_location"  # more than `MAX_URL` characters


def kept_url(location: str, base: str) -> str | Dropped:
    """The URL that is kept for a location.

    Args:
        location: The text in the sitemap, absolute or relative.
        base: Where the sitemap was found.

    Returns:
        The URL as the WHATWG standard writes it, without fragment; or why there is none. Only http and https are
        kept. A raw angle bracket is no part of a URL: it shows that the markup around it was broken.

    >>> kept_url("/a b#top", "https://Example.com/sitemap.xml")
    'https://example.com/a%20b'
    """
    if not location or "<" in location or ">" in location:
        return Dropped.BAD
    try:
        url = URL(location, base)
    except ValueError:
        return Dropped.BAD
    if url.protocol not in {"http:", "https:"}:
        return Dropped.BAD
    href = url.href
    if "#" in href:
        href = href[: href.index("#")]
    return href if len(href) <= MAX_URL else Dropped.LONG


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()  # the list travels with the package: nothing is loaded from elsewhere


def registrable_domain(url: str) -> str:
    """The domain somebody registered; the whole host where it is an address or no such domain.

    Args:
        url: An http or https URL that can be parsed.

    >>> registrable_domain("https://www.shop.example.co.uk/a")
    'example.co.uk'
    """
    parsed = URL(url)
    host = parsed.hostname
    if parsed.host_type != HostType.DEFAULT:
        return host
    return _suffixes().privatesuffix(host.rstrip(".")) or host
