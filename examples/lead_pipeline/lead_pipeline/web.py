"""Serves the town on loopback, each site on a port of its own, from a thread."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

from aiohttp import web

from lead_pipeline.town import PAGE, Replies, Reply, Site


class Town:
    """Websites that answer. Made by `open_town`.

    Args:
        sockets: One that listens for each site.
        sites: The sites.
        latency: Seconds before each answer, as over a real network.
    """

    def __init__(self, sockets: Sequence[socket.socket], sites: Sequence[Site], latency: float) -> None:
        ports = [listening.getsockname()[1] for listening in sockets]
        self.origins = {site.domain: f"http://127.0.0.1:{port}" for site, port in zip(sites, ports, strict=True)}
        self.requests: Counter[str] = Counter()
        self._latency = latency
        self._sites = dict(zip(ports, sites, strict=True))
        self._replies: dict[int, Replies] = {
            port: site.replies(self.origins[site.domain]) for port, site in self._sites.items()
        }

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer as the site does whose port was asked."""
        assert request.transport is not None  # noqa: S101 - a request that is being answered has a connection
        port = request.transport.get_extra_info("sockname")[1]
        address = self.origins[self._sites[port].domain] + request.path
        self.requests[address] += 1
        await asyncio.sleep(self._latency)
        reply = self._replies[port].get(request.path) or Reply(PAGE, status=404, content_type="text/html")
        if self.requests[address] <= reply.failures:
            return web.Response(status=503, headers={"Retry-After": "1"})
        return web.Response(
            body=reply.body, status=reply.status, content_type=reply.content_type, headers=reply.headers
        )


@contextmanager
def open_town(sites: Sequence[Site], latency: float = 0.0) -> Iterator[Town]:
    """Open the websites for as long as the context lasts.

    Args:
        sites: Which.
        latency: Seconds before each answer.
    """
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in sites]
    town = Town(sockets, sites, latency)
    loop = asyncio.new_event_loop()
    closing = asyncio.Event()
    thread = Thread(target=loop.run_until_complete, args=[_serve(town, sockets, closing)], name="town")
    thread.start()
    try:
        yield town
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join()
        loop.close()


async def _serve(town: Town, sockets: Sequence[socket.socket], closing: asyncio.Event) -> None:
    runner = web.ServerRunner(web.Server(town.answer, access_log=None))
    await runner.setup()
    for listening in sockets:
        await web.SockSite(runner, listening).start()
    await closing.wait()
    await runner.cleanup()
