"""Which host a URL leads to, and which domain that belongs to."""

from __future__ import annotations

from functools import cache

from ada_url import URL, HostType
from publicsuffixlist import PublicSuffixList

MAX_URL = 2048  # characters: a longer one is none that a person meant


def host_of(url: str) -> str:
    """The host of an absolute URL, in lower-case ASCII and without port."""
    return URL(url).hostname.rstrip(".")


def registrable_domain(url: str) -> str:
    """The domain somebody registered; the whole host where it is an address or no such domain.

    Args:
        url: An absolute URL.

    Raises:
        ValueError: It is none.

    >>> registrable_domain("https://www.shop.example.co.uk/a")
    'example.co.uk'
    """
    parsed = URL(url)
    host = parsed.hostname.rstrip(".")
    if parsed.host_type != HostType.DEFAULT:
        return host
    return _suffixes().privatesuffix(host) or host


def registered_part(name: str) -> str | None:
    """The domain of a mail host in lower-case ASCII; ``None`` under a suffix that nobody registers under.

    >>> registered_part("mail.joes.co.uk"), registered_part("joes.png"), registered_part("co.uk")
    ('joes.co.uk', None, None)
    """
    return _suffixes(only_real=True).privatesuffix(name)


def absolute(reference: str, base: str) -> str | None:
    """Where a link leads, as the WHATWG standard writes it and without fragment; ``None`` unless http or https.

    >>> absolute("/a b#top", "https://Example.com/x")
    'https://example.com/a%20b'
    """
    try:
        url = URL(reference.strip(), base)
    except ValueError:
        return None
    if url.protocol not in {"http:", "https:"}:
        return None
    href = url.href.partition("#")[0]
    return href if len(href) <= MAX_URL else None


@cache
def _suffixes(*, only_real: bool = False) -> PublicSuffixList:
    # The list travels with the package: nothing is loaded from elsewhere.
    return PublicSuffixList(accept_unknown=not only_real, only_icann=only_real)
