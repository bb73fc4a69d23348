"""Fetches one page politely, and has it read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from curation_fetch import Fetcher, FetchError, Response
from curation_fetch.urls import fetchable, shown
from curation_page_curation.hosts import host_of, registrable_domain
from curation_page_curation.politeness import Disallowed, asked_wait
from curation_page_curation.reader import PageReader
from curation_page_curation.robots import Robots
from curation_page_curation.settings import PageCurationSettings
from curation_page_curation.slots import HostSlots
from curation_page_curation.visit import Visit

HTML = frozenset({"text/html", "application/xhtml+xml"})
UNTOLD = frozenset({"", "application/octet-stream"})
"""Content types that say nothing: the first bytes decide."""
NO_HTML = (b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"RIFF")
"""Beginnings of files that some servers call HTML."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""A page last changed before there was a web was changed at another time."""

_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|title|meta|body|div|p)\b", re.IGNORECASE)


class Visitor:
    """Visits pages.

    Args:
        fetcher: The network.
        slots: The turns at hosts.
        robots: What sites ask of us.
        reader: Reads what arrived.
        settings: How far to go.
    """

    def __init__(
        self, fetcher: Fetcher, slots: HostSlots, robots: Robots, reader: PageReader, settings: PageCurationSettings
    ) -> None:
        self._fetcher = fetcher
        self._slots = slots
        self._robots = robots
        self._reader = reader
        self._settings = settings

    async def visit(self, url: str, *, books: bool) -> Visit:
        """Fetch a page and read it.

        Args:
            url: The page.
            books: Whether a place in the host's line is taken first. A page that was put back comes at a time that was
                kept free for it.

        Returns:
            What it says. Without contents it is no page of HTML, or belongs to somebody else: a fact says which.

        Raises:
            Disallowed: The site's robots.txt asks us not to.
            FetchError: It could not be fetched.
            HostBusy: So many wait for the host that it is better put back.
            PageError: It can't be read.
            ReaderDied: The process that reads pages ended.
        """
        try:
            return await self._visit(url, books=books, verify_tls=True)
        except FetchError as error:
            if error.code == "tls_invalid" and self._settings.allow_unverified_tls:
                return await self._visit(url, books=False, verify_tls=False)
            if (wait := asked_wait(error)) is not None:
                await self._slots.slow(host_of(error.url), wait)
            raise

    async def _visit(self, url: str, *, books: bool, verify_tls: bool) -> Visit:
        clock = asyncio.get_running_loop().time
        async with self._politely(url, books=books, verify_tls=verify_tls) as response:
            began = clock()
            content_type = response.headers.get("Content-Type")
            facts: dict[str, object] = {
                "final_url": response.final_url,
                "http_status": response.status,
                "content_type": content_type,
            }
            if not verify_tls:
                facts["unverified_tls"] = True
            last_modified = _changed(response.headers.get("Last-Modified"))
            if registrable_domain(response.final_url) != registrable_domain(fetchable(url)):
                return Visit(final_url=response.final_url, facts={**facts, "note": "moved_off_site"})
            if not _may_be_html(content_type):
                note = {**facts, "note": "not_html"}
                return Visit(final_url=response.final_url, facts=note, last_modified=last_modified)
            body = (await response.read()).body
        facts |= {"bytes": len(body), "ms": round((clock() - began) * 1000)}
        if not _is_html(body, content_type):
            note = {**facts, "note": "not_html"}
            return Visit(final_url=response.final_url, facts=note, last_modified=last_modified)
        contents = await self._reader.read(
            body, url=response.final_url, content_type=content_type, region=self._settings.region
        )
        return Visit(contents=contents, final_url=response.final_url, facts=facts, last_modified=last_modified)

    @asynccontextmanager
    async def _politely(self, url: str, *, books: bool, verify_tls: bool) -> AsyncIterator[Response]:
        """The answer, each host on the way having been asked in its turn and within its rules."""
        async with AsyncExitStack() as turn:

            async def go_to(there: str) -> None:
                await turn.aclose()  # the turn at the host that led here
                allowed, gap = await self._robots.rules(there)
                if not allowed:
                    raise Disallowed(shown(there))
                if books and there == here:
                    await self._slots.book(host_of(there), gap)
                await turn.enter_async_context(self._slots.turn(host_of(there), gap))

            try:
                here = fetchable(url)
            except ValueError:
                here = None  # the fetch says what is wrong with it
            if here is not None:
                await go_to(here)
            response = await turn.enter_async_context(
                self._fetcher.stream(url, before_hop=go_to, verify_tls=verify_tls)
            )
            yield response


def _may_be_html(content_type: str | None) -> bool:
    return _media_type(content_type) in HTML | UNTOLD


def _is_html(body: bytes, content_type: str | None) -> bool:
    if body.startswith(NO_HTML):
        return False
    return _media_type(content_type) in HTML or _MARKUP.search(body[:2048]) is not None


def _media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def _changed(header: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return date if EARLIEST <= date <= datetime.now(UTC) + timedelta(days=1) else None
