"""Asks a site for its sitemaps, politely and within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Literal, NamedTuple
from urllib.parse import urljoin, urlsplit

from curation_fetch import AnswerRefused, Fetcher, FetchError, HttpStatus, Unreachable, UrlRefused
from curation_sitemap_discovery.recognition import HEAD, SitemapType, type_of
from curation_sitemap_discovery.robots import Robots, read_robots
from curation_sitemap_discovery.settings import SitemapDiscoverySettings

ORIGINS = ("https://{}", "http://{}", "https://www.{}", "http://www.{}")
"""Where a domain may answer; a later one is asked where the earlier can't be reached."""
ROBOTS_BYTES = 500 * 2**10  # RFC 9309, 2.5: at least 500 KiB must be read
LONGEST_URL = 2048


class Found(NamedTuple):
    """A sitemap.

    Args:
        url: Where it is.
        sitemap_type: What it is; what robots.txt names is not looked into, and an index only if it is named one.
        discovery_method: How it was found.
    """

    url: str
    sitemap_type: SitemapType
    discovery_method: Literal["ROBOTS_TXT", "COMMON_PATH"]


class Nothing(NamedTuple):
    """There is no sitemap to be had.

    Args:
        asked: How many common paths were asked; the others are disallowed.
    """

    asked: int


class _NotTaken(Exception):
    """A redirect leads to another site, or to what its robots.txt disallows."""


class Discovery:
    """Finds the sitemaps of one domain.

    Args:
        fetcher: The network.
        settings: How far to go.
    """

    def __init__(self, fetcher: Fetcher, settings: SitemapDiscoverySettings) -> None:
        self._fetcher = fetcher
        self._settings = settings

    async def run(self, domain: str) -> list[Found] | Nothing:
        """Read robots.txt; where it names no sitemap, ask for the common paths until one is a sitemap.

        Args:
            domain: A host name.

        Returns:
            The sitemaps, each once.

        Raises:
            FetchError: The site can't be asked. Another try may succeed if it says so.
        """
        origin, robots = await self._enter(domain)
        if listed := listed_in(robots, origin)[: self._settings.max_sitemaps]:
            return listed
        gap = max(self._settings.gap_seconds, min(robots.delay, self._settings.max_crawl_delay_seconds))
        allowed = [path for path in self._settings.common_paths if robots.allows(path)]
        for path in allowed:
            await asyncio.sleep(gap)
            if found := await self._look(origin + path, domain, robots):
                return [found]
        return Nothing(len(allowed))

    async def _enter(self, domain: str) -> tuple[str, Robots]:
        """The origin that answers, and its rules. The error of the first that may pass, where none does."""
        errors: list[FetchError] = []
        for origin in (each.format(domain) for each in ORIGINS):
            try:
                return origin, await self._robots(origin)
            except Unreachable as error:
                errors.append(error)
        raise next((error for error in errors if error.can_retry), errors[0])

    async def _robots(self, origin: str) -> Robots:
        try:
            body = await self._beginning(f"{origin}/robots.txt", ROBOTS_BYTES)
        except (HttpStatus, UrlRefused, AnswerRefused) as error:
            if error.can_retry or error.code == "blocked_address":
                raise
            return Robots()  # a file that will never come allows everything (RFC 9309, 2.3.1.3)
        return read_robots(body.decode("utf-8-sig", "replace"), self._settings.robots_name)

    async def _look(self, url: str, domain: str, robots: Robots) -> Found | None:
        landed = url

        async def before_hop(there: str) -> None:
            nonlocal landed
            landed = there
            if not f".{urlsplit(there).hostname}".endswith(f".{domain}") or not robots.allows(_path(there)):
                raise _NotTaken

        try:
            head = await self._beginning(url, HEAD, before_hop)
        except _NotTaken:
            return None
        except FetchError as error:
            if error.can_retry:
                raise
            return None
        kind = type_of(head)
        return Found(landed, kind, "COMMON_PATH") if kind else None

    async def _beginning(
        self, url: str, most: int, before_hop: Callable[[str], Awaitable[None]] | None = None
    ) -> bytes:
        kept = bytearray()
        async with self._fetcher.stream(url, before_hop=before_hop) as response, aclosing(response.chunks()) as chunks:
            async for chunk in chunks:
                kept += chunk
                if len(kept) >= most:
                    break
        return bytes(kept[:most])


def listed_in(robots: Robots, origin: str) -> list[Found]:
    """The sitemaps that a robots.txt names, each once; what is no http or https address is passed over.

    Args:
        robots: What it says.
        origin: Where it stands, which relative addresses begin at though they should not be relative.
    """
    found: dict[str, Found] = {}
    for written in robots.sitemaps:
        try:
            parts = urlsplit(urljoin(f"{origin}/", written))
            url = parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/", fragment="").geturl()
        except ValueError:
            continue
        if parts.scheme in {"http", "https"} and parts.hostname and url.isprintable() and len(url) <= LONGEST_URL:
            found[url] = Found(url, "INDEX" if "index" in parts.path.lower() else "STANDARD", "ROBOTS_TXT")
    return list(found.values())


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
