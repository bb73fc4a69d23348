"""What a website is: what it answers, and what must become of it, of its sitemaps and of its pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from lead_pipeline.fates import DONE, Fate

CHOSEN = frozenset(("/contact", "/legal/privacy", "/legal/terms"))
"""The paths of the pages that WF6 queues by itself, of those that the town's sites have."""

PUT_ASIDE = re.compile(r"^/(?:blog|services)/|\.pdf$")
"""The paths of the pages that it puts aside, likewise."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a website answers at one path.

    Args:
        body: The bytes.
        status: HTTP's.
        content_type: As the server claims; sitemaps' are often wrong.
        headers: Further ones.
        failures: How many times it answers 503 first, asking to come back in a second.
        seconds: How long it takes its time.
        breaks: Whether it closes the connection instead.
        endless: Whether the body is sent again and again until nobody listens any more.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html"
    headers: Mapping[str, str] = field(default_factory=dict)
    failures: int = 0
    seconds: float = 0.0
    breaks: bool = False
    endless: bool = False


def redirect(location: str, status: int = 301) -> Reply:
    """An answer that leads elsewhere."""
    return Reply(status=status, headers={"Location": location})


Replies = Mapping[str, Reply]
NOT_FOUND = Reply(b"<!doctype html><title>Not found</title><h1>There is nothing here</h1>", 404)


@dataclass(frozen=True, slots=True)
class Webpage:
    """A page that is visited, and what must become of it.

    Args:
        reply: What its address answers.
        fate: How its row must end.
        emails: The addresses on it.
        phone: The only number on it, as E.164.
    """

    reply: Reply
    fate: Fate = DONE
    emails: frozenset[str] = frozenset()
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A sitemap that must be found, and what must become of it.

    Args:
        address: Where it is; a path of the site, or a whole URL.
        paths: The pages that must be stored, as paths of the site or whole URLs.
        fate: How its row must end.
        once: Whether it is sound, so that it is fetched at the first attempt and never again.
    """

    address: str
    paths: tuple[str, ...] = ()
    fate: Fate = DONE
    once: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """A website.

    Args:
        domain: Its name.
        replies: What it answers, by path.
        pages: Its pages that may be visited, by path; they are answered too.
        listings: Its sitemaps that must be found.
        fate: How the row of its domain must end.
        otherwise: What it answers at all other paths.
    """

    domain: str
    replies: Replies = field(default_factory=dict)
    pages: Mapping[str, Webpage] = field(default_factory=dict)
    listings: tuple[Listing, ...] = ()
    fate: Fate = DONE
    otherwise: Reply = NOT_FOUND

    def url(self, address: str) -> str:
        """The URL of a path of the site."""
        return urljoin(f"http://{self.domain}/", address)

    def reply(self, path: str) -> Reply:
        """What it answers at a path."""
        if path in self.replies:
            return self.replies[path]
        return self.pages[path].reply if path in self.pages else self.otherwise

    def listed(self) -> dict[str, Listing]:
        """The sitemaps by their URLs."""
        return {self.url(listing.address): listing for listing in self.listings}

    def stored(self) -> frozenset[str]:
        """The URLs of the pages that must be stored."""
        return frozenset(self.url(path) for listing in self.listings for path in listing.paths)

    def filtered(self) -> frozenset[str]:
        """The URLs of those pages that WF6 puts aside."""
        return frozenset(url for url in self.stored() if PUT_ASIDE.search(urlsplit(url).path))

    def visited(self) -> dict[str, Webpage]:
        """The pages that must be visited, by their URLs: those that are stored and that WF6 chooses."""
        gone = Webpage(NOT_FOUND, Fate("failed", "gone"))
        chosen = {url: urlsplit(url).path for url in self.stored() if urlsplit(url).path in CHOSEN}
        return {url: self.pages.get(path, gone) for url, path in chosen.items()}
