"""What a business's website field means: a domain, nothing, or a mistake. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qs

from curation_core import Fail, Skip
from curation_domain_extraction.hosts import Host, host_of, registrable_of, tidy
from curation_domain_extraction.platforms import BRANDS, HOSTING, NO_WEBSITE, PLATFORMS, REDIRECTS, PlatformKind
from curation_domain_extraction.settings import DomainExtractionSettings

MAX_UNWRAPPED: Final = 3
_BARE_SCHEME = re.compile(r"https?:?[/\\]*", re.IGNORECASE)
_ABSOLUTE = re.compile(r"https?:|//|www\.", re.IGNORECASE)

Kind = Literal["own", "hosted"] | PlatformKind


@dataclass(frozen=True, slots=True)
class Website:
    """A domain to be kept.

    Args:
        domain: Lower-case ASCII host, without one leading ``www.``.
        registrable: The registrable domain it belongs to.
        kind: ``own``; ``hosted`` for a customer's subdomain of a platform; a platform itself only where allowed.
        link_table: The setting of this name, for ``save_result``, which is given no settings.
    """

    domain: str
    registrable: str
    kind: Kind
    link_table: str | None = None


def website_of(value: str | None, settings: DomainExtractionSettings) -> Website | Skip | Fail:
    """Read a website field.

    Args:
        value: What stands in the field.
        settings: What the operator set.

    Returns:
        The website; ``Skip`` with ``no_website``, ``social`` or ``aggregator``; ``Fail`` where the value can't be
        what was meant. Every reason is a stable code, a colon and an explanation.

    >>> website_of("https://www.google.com/url?q=http://WWW.Joes.com/menu", DomainExtractionSettings())
    Website(domain='joes.com', registrable='joes.com', kind='own', link_table=None)
    >>> website_of("N/A", DomainExtractionSettings()).reason
    'no_website: the business has no website'
    """
    text = tidy(value or "")
    if text.casefold() in NO_WEBSITE or _BARE_SCHEME.fullmatch(text):
        return Skip("no_website: the business has no website")
    host = host_of(text)
    for _ in range(MAX_UNWRAPPED):
        if isinstance(host, Fail) or (inner := _wrapped_in(host)) is None:
            break
        host = host_of(inner)
    if isinstance(host, Fail):
        return host
    name = without_www(host.name)
    platform = _platform(host, settings)
    if platform is None:
        hosted = host.hosted or host.registrable in HOSTING
        return Website(name, host.registrable, "hosted" if hosted else "own", settings.link_table)
    kind, listed_as = platform
    if kind in settings.allow or listed_as in settings.allow:
        return Website(name, host.registrable, kind, settings.link_table)
    return Skip(f"{kind}: {name} is a platform's, not the business's own")


def without_www(name: str) -> str:
    """Take off one leading ``www.``, where what is left still has a registrable domain.

    >>> [without_www(name) for name in ("www.awww.com", "www.www.com", "www.com", "www.gov.uk")]
    ['awww.com', 'www.com', 'www.com', 'www.gov.uk']
    """
    shorter = name.removeprefix("www.")
    return shorter if shorter != name and registrable_of(shorter) else name


def _platform(host: Host, settings: DomainExtractionSettings) -> tuple[PlatformKind, str] | None:
    labels = host.name.split(".")
    if without_www(host.name) in HOSTING:  # a profile on the platform's own site: medium.com/@joe
        return "aggregator", without_www(host.name)
    for start in range(len(labels) - 1):
        ending = ".".join(labels[start:])
        if ending in PLATFORMS:
            return PLATFORMS[ending], ending
        if ending in settings.more_aggregators:
            return "aggregator", ending
    brand = _brand(host)
    return None if brand is None else (BRANDS[brand], brand)


def _brand(host: Host) -> str | None:
    label = host.registrable.partition(".")[0]
    return label if label in BRANDS and not host.hosted else None


def _wrapped_in(host: Host) -> str | None:
    for whose, path, parameters in REDIRECTS:
        if host.path == path and (without_www(host.name) == whose or _brand(host) == whose):
            query = parse_qs(host.query.removeprefix("?"))
            targets = (value for parameter in parameters for value in query.get(parameter, ()))
            return next((target for target in targets if _ABSOLUTE.match(tidy(target))), None)
    return None
