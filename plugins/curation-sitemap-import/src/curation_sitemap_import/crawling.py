"""Reads a sitemap and all it leads to, within bounds."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from curation_fetch import Fetcher, FetchError, Response
from curation_sitemap_import.categories import RULE_SETS, decide
from curation_sitemap_import.entries import Entry
from curation_sitemap_import.errors import SitemapError, StopCode
from curation_sitemap_import.findings import Failure, Findings, LeftOut
from curation_sitemap_import.harvest import Harvest
from curation_sitemap_import.last_modified import last_modified
from curation_sitemap_import.locations import Dropped, kept_url, registrable_domain
from curation_sitemap_import.reading import SitemapReader
from curation_sitemap_import.settings import SitemapImportSettings

CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]+)""", re.IGNORECASE)
FOREIGN = "foreign_sitemap"


@dataclass(slots=True)
class File:
    """A sitemap to be read.

    Args:
        url: Where it is; after the fetch, where it was found.
        depth: How many indexes lead to it.
        entries: How many entries of it were taken in.
    """

    url: str
    depth: int = 0
    entries: int = 0


class Crawl:
    """One import: the sitemap itself, then breadth first the files that indexes list, one at a time.

    Args:
        fetcher: The network.
        settings: How far it may go.
    """

    def __init__(self, fetcher: Fetcher, settings: SitemapImportSettings) -> None:
        self._fetcher = fetcher
        self._settings = settings
        self._rules = RULE_SETS[settings.rules]
        self._now = datetime.now(UTC)
        self._domains: set[str] = set()
        self._visited: set[str] = set()  # every file listed or arrived at, so that no circle is walked twice
        self._waiting: deque[File] = deque()
        self._listed = 0
        self._pages = Harvest()
        self._findings = Findings(pages=self._pages)

    async def run(self, url: str) -> Findings:
        """Read a sitemap and all it leads to.

        Args:
            url: The sitemap.

        Raises:
            FetchError: It could not be fetched; or it broke off, in a way that no other try helps.
            SitemapError: It is no sitemap, or must not be read on.
        """
        clock = asyncio.get_running_loop()
        deadline = clock.time() + self._settings.max_seconds
        await self._read_root(File(url))
        while self._waiting:
            if clock.time() > deadline or self._is_full:
                why = LeftOut.URL_LIMIT if self._is_full else LeftOut.TIME_LIMIT
                self._findings.left_out[why] += len(self._waiting)
                break
            await self._read_child(self._waiting.popleft())
        return self._findings

    @property
    def _is_full(self) -> bool:
        return self._pages.count >= self._settings.max_urls

    async def _read_root(self, file: File) -> None:
        self._domains.add(_domain_or_nothing(file.url))
        try:
            await self._read(file)
        except FetchError as error:
            if not (file.entries and error.can_retry):
                raise
            self._findings.cut_short = error

    async def _read_child(self, file: File) -> None:
        self._findings.children += 1
        try:
            await self._read(file)
        except (FetchError, SitemapError) as error:
            self._findings.failures.append(Failure(file.url, error))

    async def _read(self, file: File) -> None:
        async with self._fetcher.stream(file.url, decode=False) as response:
            if not self._arrives(file, response.final_url):
                return
            charset = CHARSET.search(response.headers.get("Content-Type", ""))
            reader = SitemapReader(self._settings.max_file_bytes, charset[1] if charset else None)
            try:
                await self._take_all(file, response, reader)
            finally:
                if file.depth == 0:
                    self._findings.status_code = response.status
                    self._findings.size_bytes = reader.received
                    self._findings.is_gzipped = reader.gzipped

    def _arrives(self, file: File, final_url: str) -> bool:
        """Whether the file that was reached is still wanted, a redirect having led anywhere."""
        if file.depth == 0:
            self._domains.add(registrable_domain(final_url))
        elif self._is_foreign(final_url):
            self._findings.passed_over[FOREIGN] += 1
            return False
        elif final_url != file.url and final_url in self._visited:
            return False
        self._visited.add(final_url)
        file.url = final_url
        return True

    async def _take_all(self, file: File, response: Response, reader: SitemapReader) -> None:
        async with aclosing(_batches(response, reader)) as batches:
            async for entries in batches:
                for entry in entries:
                    if self._is_full or file.entries >= self._settings.max_file_urls:
                        self._findings.left_out[LeftOut.URL_LIMIT] += 1
                        return
                    file.entries += 1
                    self._take(entry, file)
        if reader.truncated:
            if not file.entries:
                message = "it ends before its first entry does"
                raise SitemapError(StopCode.BAD_XML, message)
            self._findings.left_out[LeftOut.TRUNCATED] += 1

    def _take(self, entry: Entry, file: File) -> None:
        url = kept_url(entry.location, file.url)
        if isinstance(url, Dropped):
            self._findings.passed_over[url] += 1
        elif entry.is_sitemap:
            self._list(File(url, file.depth + 1))
        else:
            decision, path_depth = decide(url, self._rules)
            self._pages.add(url, last_modified(entry.last_modified, self._now), path_depth, decision)

    def _list(self, file: File) -> None:
        if file.url in self._visited:
            return
        if self._is_foreign(file.url):
            self._findings.passed_over[FOREIGN] += 1
        elif file.depth > self._settings.max_depth:
            self._findings.left_out[LeftOut.TOO_DEEP] += 1
        elif self._listed >= self._settings.max_children:
            self._findings.left_out[LeftOut.CHILD_LIMIT] += 1
        else:
            self._listed += 1
            self._visited.add(file.url)
            self._waiting.append(file)

    def _is_foreign(self, url: str) -> bool:
        return not self._settings.follow_foreign_sitemaps and registrable_domain(url) not in self._domains


async def _batches(response: Response, reader: SitemapReader) -> AsyncGenerator[list[Entry], None]:
    async with aclosing(response.chunks()) as chunks:
        async for chunk in chunks:
            for entries in reader.feed(chunk):
                yield entries
                await asyncio.sleep(0)  # a chunk may unpack to a thousand times its size: others want the loop too
    for entries in reader.finish():
        yield entries


def _domain_or_nothing(url: str) -> str:
    try:
        return registrable_domain(url)
    except ValueError:
        return ""  # the fetch says what is wrong with it
