"""Serves the town on loopback: one server that plays every website, by the name that it is asked for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from lead_pipeline.sites import NOT_FOUND, Reply, Site


class Town:
    """Websites that answer. Made by `open_town`.

    Args:
        sites: The sites by domain; with ``www.`` before it, too.
        latency: Seconds before each answer, as over a real network.

    Attributes:
        requests: How many times each URL was asked for.
        address: Where all of them are, as address and port.
    """

    def __init__(self, sites: Mapping[str, Site], latency: float) -> None:
        self.requests: Counter[str] = Counter()
        self.address = ""
        self._sites = sites
        self._latency = latency

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer as the site does whose name was asked for."""
        url = f"http://{request.host}{request.path}"
        self.requests[url] += 1
        site = self._sites.get(request.host.removeprefix("www."))
        reply = site.reply(request.path) if site else NOT_FOUND
        await asyncio.sleep(self._latency + reply.seconds)
        if reply.breaks and request.transport is not None:
            request.transport.abort()
        if self.requests[url] <= reply.failures:
            return web.Response(status=503, headers={"Retry-After": "1"})
        if reply.endless:
            return await _endless(request, reply)
        response = web.Response(body=reply.body, status=reply.status, headers=reply.headers)
        response.headers["Content-Type"] = reply.content_type
        return response


async def _endless(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": reply.content_type})
    with suppress(ConnectionError):  # it ends when the other side has had enough
        await response.prepare(request)
        while True:
            await response.write(reply.body * 100)
    return response


@asynccontextmanager
async def open_town(sites: Mapping[str, Site], latency: float = 0.0) -> AsyncIterator[Town]:
    """Open the websites for as long as the context lasts.

    Args:
        sites: Which, by domain.
        latency: Seconds before each answer.
    """
    town = Town(sites, latency)
    runner = web.ServerRunner(web.Server(town.answer, access_log=None), handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    town.address = f"127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield town
    finally:
        await runner.cleanup()
