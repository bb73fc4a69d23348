"""Fetches and remembers each site's robots.txt."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from weakref import WeakValueDictionary

from ada_url import URL

from curation_fetch import Fetcher, FetchError
from curation_page_curation.hosts import host_of
from curation_page_curation.reader import PageReader
from curation_page_curation.settings import PageCurationSettings
from curation_page_curation.slots import HostSlots

MAX_BYTES = 500 * 2**10  # RFC 9309, 2.5: at least 500 KiB must be read
REMEMBERED = 500
"""Sites whose files are remembered, the latest."""
FAILURE_SECONDS = 60
"""How long a file that can't be had is not asked for again, when the server names no time."""


@dataclass(frozen=True, slots=True)
class File:
    """A site's robots.txt: what it says, or why it can't be had now.

    Args:
        until: When it is to be asked for again, by the event loop's clock.
        body: What it says; nothing where there is none.
        error: Why it can't be had.
    """

    until: float
    body: bytes = b""
    error: FetchError | None = None


class Robots:
    """What sites ask of robots.

    Args:
        fetcher: The network.
        slots: The turns at hosts.
        reader: Reads the files.
        settings: How far to go.
    """

    def __init__(self, fetcher: Fetcher, slots: HostSlots, reader: PageReader, settings: PageCurationSettings) -> None:
        self._fetcher = fetcher
        self._slots = slots
        self._reader = reader
        self._settings = settings
        self._files: OrderedDict[str, File] = OrderedDict()
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def rules(self, url: str) -> tuple[bool, float]:
        """Whether an address may be fetched, and the seconds to leave between two requests to its host.

        A file that is not there, and one that will never come, allows everything (RFC 9309, 2.3.1.3).

        Args:
            url: An absolute http or https URL.

        Raises:
            FetchError: The file can't be had now. Another try may succeed.
            HostBusy: The host's turn did not come.
            PageError: The file is made to keep its reader busy for ever.
        """
        gap = self._settings.gap_seconds
        body = await self._body(URL(url).origin)
        if not body:
            return True, gap
        allowed, delay = await self._reader.rules(body, url=url, name=self._settings.robots_name)
        return allowed, max(gap, min(delay or 0, self._settings.max_crawl_delay_seconds))

    async def _body(self, origin: str) -> bytes:
        async with self._asking.setdefault(origin, asyncio.Lock()):  # ten pages of a site ask once
            file = self._files.get(origin)
            if file is None or file.until < asyncio.get_running_loop().time():
                file = await self._fetched(origin)
                self._files[origin] = file
                if len(self._files) > REMEMBERED:
                    self._files.popitem(last=False)
        if file.error is not None:
            raise file.error
        return file.body

    async def _fetched(self, origin: str) -> File:
        now = asyncio.get_running_loop().time
        try:
            body = await self._read(f"{origin}/robots.txt")
        except FetchError as error:
            if error.can_retry:
                return File(now() + (error.retry_after or FAILURE_SECONDS), error=error)
            body = b""
        return File(now() + self._settings.robots_seconds, body)

    async def _read(self, url: str) -> bytes:
        async with AsyncExitStack() as turn:

            async def go_to(there: str) -> None:
                await turn.aclose()
                await turn.enter_async_context(self._slots.turn(host_of(there), self._settings.gap_seconds))

            await go_to(url)
            kept = bytearray()
            verified = not self._settings.allow_unverified_tls
            asked = self._fetcher.stream(url, before_hop=go_to, verify_tls=verified)
            async with asked as response, aclosing(response.chunks()) as chunks:
                async for chunk in chunks:
                    kept += chunk
                    if len(kept) >= MAX_BYTES:
                        break
            return bytes(kept[:MAX_BYTES])
