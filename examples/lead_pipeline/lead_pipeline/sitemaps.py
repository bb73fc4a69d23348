"""Sitemaps as websites write them, well and badly: plain functions from paths to bytes."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from html import escape

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
FIRST_DAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


def shop_paths(count: int) -> list[str]:
    """The paths of a small business's pages, the ones that every site has first."""
    usual = ["/", "/about", "/contact", "/legal/privacy", "/legal/terms", "/services/delivery", "/price-list.pdf"]
    blog = [f"/blog/news-{number}" for number in range(1, count // 4)]
    shelves = [f"/products/shelf-{number // 50}/item-{number}" for number in range(count)]
    return (usual + blog + shelves)[:count]


def urlset(origin: str, paths: Sequence[str]) -> bytes:
    """A sitemap of pages."""
    entries = "".join(_entry("url", origin + path, number) for number, path in enumerate(paths))
    return _document("urlset", entries)


def index(origin: str, paths: Sequence[str]) -> bytes:
    """A sitemap of sitemaps."""
    entries = "".join(_entry("sitemap", origin + path, number) for number, path in enumerate(paths))
    return _document("sitemapindex", entries)


def text_list(origin: str, paths: Sequence[str]) -> bytes:
    """A sitemap that is a plain list."""
    return "".join(f"{origin}{path}\n" for path in paths).encode()


def rss(origin: str, paths: Sequence[str]) -> bytes:
    """A feed, RSS 2.0."""
    items = "".join(f"<item><title>News</title><link>{escape(origin + path)}</link></item>" for path in paths)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>'.encode()


def atom(origin: str, paths: Sequence[str]) -> bytes:
    """A feed, Atom."""
    entries = "".join(f'<entry><id>{path}</id><link href="{escape(origin + path)}"/></entry>' for path in paths)
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>{entries}</feed>'.encode()


def cut_short(sitemap: bytes, whole: int) -> bytes:
    """A sitemap that ends in the middle of a tag, after so many whole entries."""
    return b"</url>".join([*sitemap.split(b"</url>")[:whole], b"\n<ur"])


def careless(origin: str, paths: Sequence[str]) -> bytes:
    """What a template makes that escapes nothing: a bare ampersand, a prefix that nobody declared."""
    entries = "".join(
        f"<url><loc>{origin}{path}?a=1&b=2</loc><image:image><image:loc>x.png</image:loc></image:image></url>"
        for path in paths
    )
    return _document("urlset", entries)


def expanding(origin: str) -> bytes:
    """Few bytes that declare an entity to become many."""
    entry = f"<url><loc>{origin}/&a;</loc></url>"
    return f'<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa">]><urlset xmlns="{NAMESPACE}">{entry}</urlset>'.encode()


def packed(sitemap: bytes) -> bytes:
    """The same, gzipped; byte for byte the same every time."""
    return gzip.compress(sitemap, mtime=0)


def _entry(tag: str, address: str, number: int) -> str:
    day = FIRST_DAY + timedelta(hours=7 * number)
    return f"<{tag}><loc>{escape(address)}</loc><lastmod>{day.isoformat()}</lastmod></{tag}>\n"


def _document(tag: str, entries: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{tag} xmlns="{NAMESPACE}">\n{entries}</{tag}>\n'.encode()


def bomb() -> bytes:
    """Few bytes that unpack to 40 MB of the same."""
    return packed(b"<urlset><url><loc>" + b"a" * 40_000_000)
