"""The fetcher: one session, guarded, for as many fetches as there are."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from curation_fetch.detour import Detour
from curation_fetch.errors import HttpStatus, Unreachable, UrlRefused
from curation_fetch.guard import AddressGuard, GuardedResolver
from curation_fetch.response import Page, Response
from curation_fetch.retry_after import retry_after_seconds
from curation_fetch.settings import FetchSettings
from curation_fetch.translation import translated
from curation_fetch.urls import SCHEMES, fetchable, scheme_of, shown

BeforeHop = Callable[[str], Awaitable[object]]
"""What is awaited before a redirect is followed, with the address it leads to. An exception ends the fetch."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
SUCCESS = 2  # the first digit of a status that brings what was asked for
IDLE_SECONDS = 2
"""How long a connection is kept for the next request to its host: who visits a host a second keeps that many open."""


class Fetcher:
    """Fetches URLs that strangers chose, from servers that strangers run. An async context manager.

    It connects to public addresses alone, verifies certificates, sends no cookies and no credentials, and uses no
    proxy from the environment. A request that dies on a connection kept from an earlier one is sent again at once
    (aiohttp does that); all else is reported, and trying again is the caller's decision.

    Args:
        settings: How far a fetch may go.
        resolver: Who resolves names; closed with the fetcher. The system's by default, since it tells a name that
            does not exist from one that can't be looked up now.
        tls: Which certificates are trusted; the system's by default.
    """

    def __init__(
        self,
        settings: FetchSettings | None = None,
        *,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.settings = settings or FetchSettings()
        self._resolver = resolver
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        guard = AddressGuard(self.settings.dangerously_admit_networks)
        self._names = GuardedResolver(self._resolver or self._usual_resolver(), guard)
        connector = aiohttp.TCPConnector(
            resolver=self._names,
            socket_factory=guard.open_socket,
            ssl=self._tls or True,
            limit=0,
            keepalive_timeout=IDLE_SECONDS,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.settings.user_agent},
            max_line_size=self.settings.max_header_bytes,
            max_field_size=self.settings.max_header_bytes,
        )
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._session is not None:
            await self._session.close()
            await self._names.close()
            self._session = None

    def _usual_resolver(self) -> AbstractResolver:
        detour = self.settings.dangerously_connect_to
        return Detour(detour) if detour else aiohttp.ThreadedResolver()

    @asynccontextmanager
    async def stream(
        self,
        url: str,
        *,
        decode: bool = True,
        max_bytes: int | None = None,
        verify_tls: bool = True,
        before_hop: BeforeHop | None = None,
    ) -> AsyncIterator[Response]:
        """Open an answer, to read its body as it arrives.

        Args:
            url: An absolute http or https URL, as it was found.
            decode: Whether a compressed body is decompressed (the bound counts the decompressed bytes). ``False``
                hands out what the server sent.
            max_bytes: The bound of this body; the settings' by default.
            verify_tls: ``False`` accepts any certificate: anybody on the way can then forge the answer.
            before_hop: Awaited before each redirect is followed, to wait for that host's turn or to refuse it by an
                exception. The time it takes does not count.

        Yields:
            The answer, with a status from 200 to 299, after all redirects.

        Raises:
            FetchError: One of its kinds; see `curation_fetch.errors`.
        """
        answer, final_url = await self._follow(url, decode=decode, verify_tls=verify_tls, before_hop=before_hop)
        try:
            yield Response(answer, final_url, max_bytes or self.settings.max_body_bytes, self.settings)
        finally:
            answer.close()

    async def read(
        self, url: str, *, decode: bool = True, max_bytes: int | None = None, verify_tls: bool = True
    ) -> Page:
        """Fetch a whole answer. Parameters and errors are those of `stream`."""
        async with self.stream(url, decode=decode, max_bytes=max_bytes, verify_tls=verify_tls) as response:
            return await response.read()

    async def _follow(
        self, url: str, *, decode: bool, verify_tls: bool, before_hop: BeforeHop | None
    ) -> tuple[aiohttp.ClientResponse, str]:
        clock = asyncio.get_running_loop().time
        deadline = clock() + self.settings.total_seconds
        try:
            here = fetchable(url)
        except ValueError as error:
            text = f"this is no address that can be fetched: {error}"
            raise UrlRefused(code="invalid_url", text=text, url=shown(url)) from error
        visited = {here}
        while True:
            answer = await self._ask(here, deadline, decode=decode, verify_tls=verify_tls)
            location = answer.headers.get("Location")
            if answer.status not in REDIRECTS or location is None:
                break
            answer.release()
            here = _next_hop(location, here, visited, self.settings.max_redirects)
            visited.add(here)
            if before_hop is not None:
                asked_at = clock()
                await before_hop(here)
                deadline += clock() - asked_at
        if answer.status // 100 != SUCCESS:
            answer.release()
            wait = retry_after_seconds(
                answer.headers.get("Retry-After"), datetime.now(UTC), self.settings.max_retry_after_seconds
            )
            raise HttpStatus(answer.status, shown(here), wait)
        return answer, here

    async def _ask(self, url: str, deadline: float, *, decode: bool, verify_tls: bool) -> aiohttp.ClientResponse:
        if self._session is None:
            message = "the fetcher is not open: use `async with Fetcher(…) as fetcher:`"
            raise RuntimeError(message)
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            text = f"not finished within {self.settings.total_seconds:g} s"
            raise Unreachable(code="timeout", text=text, url=shown(url))
        with translated(url, self.settings):
            return await self._session.get(
                URL(url, encoded=True),
                allow_redirects=False,
                auto_decompress=decode,
                headers={"Accept-Encoding": "gzip, deflate" if decode else "gzip"},
                ssl=verify_tls,
                timeout=aiohttp.ClientTimeout(
                    total=left, sock_connect=self.settings.connect_seconds, sock_read=self.settings.read_seconds
                ),
            )


def _next_hop(location: str, here: str, visited: set[str], limit: int) -> str:
    scheme = scheme_of(location, here)
    if scheme is not None and scheme not in SCHEMES:
        text = f"it redirects to {scheme}, which is not fetched"
        raise UrlRefused(code="redirect_scheme", text=text, url=shown(here))
    try:
        there = fetchable(location, here)
    except ValueError as error:
        text = "it redirects to something that is no URL"
        raise UrlRefused(code="redirect_invalid", text=text, url=shown(here)) from error
    if there in visited:
        text = "it redirects to where it came from"
        raise UrlRefused(code="redirect_loop", text=text, url=shown(here))
    if len(visited) > limit:
        text = f"it redirects more than {limit} times"
        raise UrlRefused(code="too_many_redirects", text=text, url=shown(here))
    return there
