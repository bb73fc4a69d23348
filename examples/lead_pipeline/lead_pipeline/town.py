"""The websites of a small town: what each answers, and what must become of its sitemap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lead_pipeline.businesses import Ending
from lead_pipeline.sitemaps import (
    atom,
    careless,
    cut_short,
    expanding,
    index,
    packed,
    rss,
    shop_paths,
    text_list,
    urlset,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a website answers at one path.

    Args:
        body: The bytes.
        status: HTTP's.
        content_type: As the server claims; sitemaps' are often wrong.
        headers: Further ones.
        failures: How many times it answers 503 first, asking to come back in a second.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = "application/xml"
    headers: Mapping[str, str] = field(default_factory=dict)
    failures: int = 0


Replies = dict[str, Reply]


@dataclass(frozen=True, slots=True)
class Site:
    """A website, and what must become of its sitemap.

    Args:
        domain: Its name in the table of domains. It is reached by a loopback address all the same.
        replies: What it answers by path, once its origin is known.
        pages: How many pages must be stored.
        ending: The history's word for the only ending.
        code: What the reason says, or the note where it is done; empty for nothing in particular.
        sitemap: The path of the sitemap.
        once: It answers well at the first time, so that nobody may ask again.
    """

    domain: str
    replies: Callable[[str], Replies]
    pages: int
    ending: Ending = "done"
    code: str = ""
    sitemap: str = "/sitemap.xml"
    once: bool = False


def _bookshop(origin: str) -> Replies:
    shelves = {f"/sitemaps/products-{n}.xml.gz": [f"/products/{n}/book-{i}" for i in range(450)] for n in range(1, 6)}
    news = urlset(origin, [f"/news/{n}" for n in range(60)])
    children = {
        **{
            path: Reply(packed(urlset(origin, books)), content_type="application/gzip")
            for path, books in shelves.items()
        },
        "/sitemaps/pages.xml": Reply(b"\xef\xbb\xbf" + urlset(origin, shop_paths(60))),
        "/sitemaps/authors.xml": Reply(
            packed(urlset(origin, [f"/authors/{n}" for n in range(180)])), content_type="text/plain"
        ),
        "/sitemaps/stores.txt": Reply(
            text_list(origin, [f"/stores/{n}" for n in range(45)]), content_type="text/plain"
        ),
        "/sitemaps/news.xml": Reply(cut_short(news, 40)),
    }
    return {"/sitemap.xml": Reply(index(origin, list(children))), **children}


def _half_an_index(origin: str) -> Replies:
    paths = shop_paths(60)
    return {
        "/sitemap.xml": Reply(index(origin, ["/a.xml", "/gone.xml", "/b.xml"])),
        "/a.xml": Reply(urlset(origin, paths[:30])),
        "/b.xml": Reply(urlset(origin, paths[30:])),
    }


def _moved(origin: str) -> Replies:
    return {
        "/sitemap.xml": Reply(status=301, headers={"Location": "/map.xml"}),
        "/map.xml": Reply(urlset(origin, shop_paths(30))),
    }


def _naming_itself(origin: str) -> Replies:
    return {
        "/sitemap.xml": Reply(index(origin, ["/sitemap.xml", "/pages.xml"])),
        "/pages.xml": Reply(urlset(origin, shop_paths(20))),
    }


def _strange_addresses(origin: str) -> Replies:
    wrong = ["javascript:void(0)", "mailto:joe@example.com", "ftp://example.com/x"]
    addresses = [*(origin + path for path in shop_paths(15)), *wrong]
    return {"/sitemap.xml": Reply(urlset("", addresses))}


def _only(make: Callable[[str], Reply]) -> Callable[[str], Replies]:
    return lambda origin: {"/sitemap.xml": make(origin)}


def _plain(count: int) -> Callable[[str], Replies]:
    return _only(lambda origin: Reply(urlset(origin, shop_paths(count))))


PAGE: Final = b"<!doctype html><title>Welcome</title><h1>Welcome</h1><p>We have no sitemap, we have a lovely shop."

SITES: Final = (
    Site("harbour-books.example.com", _bookshop, 2575, code="partial", once=True),
    Site("old-mill-bakery.example.com", _half_an_index, 60, "failed", "1 of 3 children failed"),
    Site("northside-yoga.example.com", _only(lambda origin: Reply(rss(origin, shop_paths(25)))), 25),
    Site("bridge-law.example.com", _only(lambda origin: Reply(atom(origin, shop_paths(20)))), 20),
    Site("corner-pizza.example.com", _only(lambda origin: Reply(text_list(origin, shop_paths(50)))), 50),
    Site("café-union.example.com".encode("idna").decode(), _plain(24), 24),
    Site(
        "lakeview-motors.example.com",
        _only(lambda o: Reply(urlset(o, shop_paths(30)).decode().replace("UTF-8", "UTF-16").encode("utf-16"))),
        30,
    ),
    Site("sunrise-florist.example.com", _only(lambda origin: Reply(careless(origin, shop_paths(40)))), 40),
    Site("union-tailors.example.com", _only(lambda origin: Reply(packed(urlset(origin, shop_paths(35))))), 35),
    Site("oak-street-dental.example.com", _only(lambda origin: Reply(urlset(origin, []))), 0, code="empty_sitemap"),
    Site("old-mill-books.example.com", _only(lambda _: Reply(PAGE, content_type="text/html")), 0, "failed", "html"),
    Site("bridge-bakery.example.com", lambda _: {}, 0, "failed", "http_404"),
    Site("harbour-law.example.com", _only(lambda _: Reply(PAGE, status=403)), 0, "failed", "http_403"),
    Site("corner-yoga.example.com", _only(lambda _: Reply(PAGE, status=410)), 0, "failed", "http_410"),
    Site("lakeview-dental.example.com", _moved, 30),
    Site(
        "sunrise-pizza.example.com",
        _only(lambda _: Reply(status=302, headers={"Location": "/sitemap.xml"})),
        0,
        "failed",
        "redirect_loop",
    ),
    Site("union-plumbing.example.com", _only(lambda origin: Reply(urlset(origin, shop_paths(30)), failures=1)), 30),
    Site("northside-motors.example.com", _only(lambda _: Reply(status=500)), 0, "failed", "http_500"),
    Site("bridge-florist.example.com", _naming_itself, 20),
    Site(
        "harbour-tailors.example.com", _only(lambda origin: Reply(expanding(origin))), 0, "failed", "entity_declaration"
    ),
    Site(
        "corner-books.example.com",
        _only(lambda _: Reply(b'{"pages": []}', content_type="application/json")),
        0,
        "failed",
        "not_a_sitemap",
    ),
    Site("lakeview-bakery.example.com", _strange_addresses, 15),
    *(Site(f"main-street-{n}.example.com", _plain(12 + n), 12 + n, once=True) for n in range(30)),
)
"""Thirty that are as they should be, and one of each kind that is not."""
