"""Businesses as Google tells of them: made up, but with every kind of website field that real ones have.

Each says how its row must end, from the way it was made and not by asking the plugin. All names are under the domains
that RFC 2606 reserves for examples, or are addresses that everybody has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final
from urllib.parse import quote

from lead_pipeline.fates import DONE, Fate

FIRST: Final = ("Oak Street", "Harbour", "Old Mill", "Sunrise", "Northside", "Bridge", "Corner", "Lakeview", "Union")
TRADE: Final = ("Dental", "Books", "Bakery", "Plumbing", "Yoga", "Motors", "Florist", "Pizza", "Law", "Tailors")
RESERVED: Final = ("example.com", "example.net", "example.org")
PLATFORMS: Final = ("wixsite.com", "myshopify.com", "github.io", "weebly.com")

SHARES: Final = {
    "own": 55,
    "branch": 5,  # of a chain, listed with the chain's website
    "hosted": 3,
    "foreign letters": 2,
    "none": 11,
    "elsewhere": 14,
    "broken": 10,
}
"""Of a hundred businesses; a guess at what directories hold."""


@dataclass(frozen=True, slots=True)
class Business:
    """A business, and what must become of its row.

    Args:
        name: What it is called.
        website: What Google says of its website.
        fate: What must become of it.
        domain: What it leads to where it is done.
    """

    name: str
    website: str | None
    fate: Fate = DONE
    domain: str = ""


def make_businesses(count: int, listed: Sequence[str] = (), seed: int = 2026) -> list[Business]:
    """Make businesses, the same ones for the same arguments.

    Args:
        count: How many; at least as many as there are listed domains.
        listed: Domains that must be among them.
        seed: Another one makes others.
    """
    if count < len(listed):
        message = f"{len(listed)} domains are listed, and only {count} businesses wanted: want more"
        raise ValueError(message)
    return list(_make(count, listed, Random(seed)))  # noqa: S311 - made-up businesses, no secrets


def _make(count: int, listed: Sequence[str], rng: Random) -> Iterator[Business]:
    domains = list(listed)
    for domain in listed:
        yield _with_website(domain.partition(".")[0].replace("-", " ").title(), domain, rng)
    for number in range(len(listed), count):
        name = f"{rng.choice(FIRST)} {rng.choice(TRADE)} {number}"
        slug = name.lower().replace(" ", "-")
        match rng.choices(list(SHARES), list(SHARES.values()))[0]:
            case "own":
                domains.append(f"{slug}.{rng.choice(RESERVED)}")
                yield _with_website(name, domains[-1], rng)
            case "branch":
                yield _with_website(name, rng.choice(domains), rng)
            case "hosted":
                domain = f"{slug}.{rng.choice(PLATFORMS)}"
                yield Business(name, f"https://{domain}/", domain=domain)
            case "foreign letters":
                domain = f"café-{number}.example.org"
                yield Business(name, f"http://www.{domain}/menu", domain=domain.encode("idna").decode())
            case "none":
                yield Business(name, rng.choice(NOTHING), Fate("skipped", "no_website"))
            case "elsewhere":
                website, code = rng.choice(ELSEWHERE)
                yield Business(name, website.format(slug=slug), Fate("skipped", code))
            case "broken":
                website, code = rng.choice(BROKEN)
                yield Business(name, website.format(slug=slug), Fate("failed", code))


def _with_website(name: str, domain: str, rng: Random) -> Business:
    return Business(name, rng.choice(SPELLINGS)(domain), domain=domain)


NOTHING: Final = (None, None, "", "http://", "N/A", "tel:+1-555-0100")
"""The last two are no web addresses, and WF2 leaves them out."""

SPELLINGS: Final[tuple[Callable[[str], str], ...]] = (
    "https://{}/".format,
    "https://{}/".format,
    "http://www.{}".format,
    "https://www.{}/index.html?utm_source=maps#top".format,
    "https://{}:8443/".format,
    "https://guest:guest@{}/".format,
    "http://{}./".format,
    "https://https://{}".format,
    "https:// {} ".format,
    lambda domain: f"HTTP://WWW.{domain.upper()}/Home",
    lambda domain: f"https://www.google.com/url?q={quote(f'http://{domain}/', safe='')}&sa=U",
    lambda domain: f"https://l.facebook.com/l.php?u={quote(f'https://www.{domain}/?fbclid=1', safe='')}&h=AT1",
)

ELSEWHERE: Final = (
    ("https://www.facebook.com/{slug}", "social"),
    ("https://m.facebook.com/{slug}/", "social"),
    ("http://instagram.com/{slug}", "social"),
    ("https://www.linkedin.com/company/{slug}", "social"),
    ("https://www.yelp.com/biz/{slug}", "aggregator"),
    ("https://linktr.ee/{slug}", "aggregator"),
    ("https://www.google.com/maps/place/{slug}", "aggregator"),
    ("https://bit.ly/3{slug}", "aggregator"),
)

BROKEN: Final = (
    ("http://192.0.2.17/", "ip_address"),
    ("http://[2001:db8::17]/", "ip_address"),
    ("http://localhost/{slug}", "localhost"),
    ("http://{slug}", "single_label"),
    ("https://co.uk/", "public_suffix"),
    ("http://www.{slug}.invalid", "unknown_tld"),
    (f"https://{'very-' * 13}long-{{slug}}.example.com", "label_too_long"),
    ("https://our shop {slug}.example.com", "blank_in_host"),
    ("https://{slug}.example.com:99999/", "bad_port"),
    ("https://{slug}..example.com/", "bad_host"),
)
