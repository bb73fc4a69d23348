"""From what stands in a website field to a host name. Pure: no database, no network, no DNS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from ada_url import URL, HostType
from publicsuffixlist import PublicSuffixList

from curation_core import Fail

MAX_LENGTH: Final = 8192  # characters: far beyond any address, near enough that none costs a second
MAX_HOST: Final = 253  # characters of a name, without the root's dot (RFC 1035, 2.3.4, less the length octets)
MAX_LABEL: Final = 63  # RFC 1035, 2.3.4
MAX_PORT: Final = 65_535

_DOUBLED_SCHEME = re.compile(r"(?:https?(?::[/\\]*|[/\\]{2,})\s*)+", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^/\\?#]*")
_MAIL = re.compile(r"[^\s@/\\?#:]+@[^\s@/\\?#:]+")
_PORT = re.compile(r":([^:\]]*)$")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_CONTROLS = "".join(map(chr, range(32)))
_AROUND = _INVISIBLE + _CONTROLS + "\"'`<>(),;"


@dataclass(frozen=True, slots=True)
class Host:
    """A host that somebody can own, and the rest of the address it was read from.

    Args:
        name: Lower-case ASCII, without a trailing dot; ``www.`` still stands before it.
        registrable: The part that is registered: the public suffix and one label more.
        hosted: The suffix is a platform's that gives each customer a subdomain (the list's private part).
        path: The address's path.
        query: The address's query, with its question mark, or nothing.
    """

    name: str
    registrable: str
    hosted: bool
    path: str = "/"
    query: str = ""


def tidy(text: str) -> str:
    """Take off what was copied along with an address: blanks, quotes, brackets, invisible characters.

    >>> tidy('  "joes.com/menu" ')
    'joes.com/menu'
    """
    while (shorter := text.strip().strip(_AROUND)) != text:
        text = shorter
    return text


def host_of(text: str) -> Host | Fail:
    """Read the host from an address as people write it. Raises for no text whatever.

    The rules for a URL are the WHATWG's, as browsers follow them; those for a registrable domain the Public Suffix
    List's. A missing scheme, a doubled one, user and password, port, a trailing dot, upper case and Unicode are
    normalised.

    Args:
        text: The address, with or without a scheme.

    Returns:
        The host, or why there is none: ``Fail("code: explanation")``.

    >>> host_of("HTTP://Joe@Café-Joe.COM.:8080/menu").name
    'xn--caf-joe-dya.com'
    >>> host_of("mailto:joe@joes.com").reason
    'not_web: mailto: is not a web address'
    """
    if len(text) > MAX_LENGTH:
        return Fail(f"too_long: the address has {len(text)} characters, {MAX_LENGTH} are read")
    address = re.sub(r"[\t\r\n]", " ", tidy(text))  # a URL parser drops these and would join two words to one host
    rest = _rest_after_scheme(address)
    if isinstance(rest, Fail):
        return rest
    try:
        url = URL(f"https://{rest}")
    except ValueError:  # among them UnicodeEncodeError, of a lone surrogate
        return _why_no_url(rest)
    if url.host_type != HostType.DEFAULT:
        return Fail(f"ip_address: {url.hostname} is an address, not a name")
    return _check(url.hostname.removesuffix("."), url)


def registrable_of(name: str) -> str | None:
    """The registrable domain that a lower-case ASCII host belongs to; ``None`` if it is a suffix or unknown.

    >>> registrable_of("shop.joes.co.uk"), registrable_of("co.uk")
    ('joes.co.uk', None)
    """
    return _suffixes().privatesuffix(name)


def _rest_after_scheme(address: str) -> str | Fail:
    if web := _DOUBLED_SCHEME.match(address):
        return address[web.end() :]
    if _MAIL.fullmatch(address):
        return Fail("email_address: this is a mail address, not a website")
    scheme = _SCHEME.match(address)
    if scheme is None:
        return address.lstrip("/\\")
    if "." in scheme[1] or scheme[1].lower() == "localhost":  # joes.com:8080, where the colon precedes a port
        return address
    return Fail(f"not_web: {scheme[1][:20].lower()}: is not a web address")


def _why_no_url(rest: str) -> Fail:
    authority = _AUTHORITY.match(rest)
    host = authority[0].rpartition("@")[2] if authority else ""
    if not host:
        return Fail("no_host: the address names no host")
    if any(character.isspace() for character in host):
        return Fail("blank_in_host: there is a blank inside the host")
    port = _PORT.search(host)
    if port and not (port[1].isascii() and port[1].isdigit() and int(port[1][:6]) <= MAX_PORT):
        return Fail(f"bad_port: the port is not a number up to {MAX_PORT}")
    return Fail("bad_host: a host can't be written like this")


def _check(name: str, url: URL) -> Host | Fail:
    labels = name.split(".")
    if wrong := _malformed(name, labels):
        return wrong
    if len(labels) == 1:
        return Fail(f"single_label: {name} is one word, not a domain")
    if (suffix := _suffixes().publicsuffix(name)) is None:
        return Fail(f"unknown_tld: there is no top-level domain {labels[-1]}")
    if (registrable := registrable_of(name)) is None:
        return Fail(f"public_suffix: {name} is a public suffix, under which others register")
    if "_" in registrable:
        return Fail("bad_host: a domain can't be registered with an underscore")
    hosted = suffix != _suffixes(only_icann=True).publicsuffix(name)
    return Host(name, registrable, hosted, url.pathname, url.search)


def _malformed(name: str, labels: list[str]) -> Fail | None:
    if any(len(label) > MAX_LABEL for label in labels):
        return Fail(f"label_too_long: a part of the host is longer than {MAX_LABEL} characters")
    if len(name) > MAX_HOST:
        return Fail(f"host_too_long: the host is longer than {MAX_HOST} characters")
    if not all(_LABEL.fullmatch(label) for label in labels):
        return Fail("bad_host: a host can't be written like this")
    if labels[-1] == "localhost":
        return Fail("localhost: this is the machine itself")
    return None


@cache
def _suffixes(*, only_icann: bool = False) -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, only_icann=only_icann)  # 30 ms: not at import
