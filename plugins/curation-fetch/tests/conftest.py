"""Real servers on the loopback interface: well-behaved ones by aiohttp, hostile ones by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from ssl import SSLContext
from typing import Any

import pytest
from aiohttp import web

from curation_fetch import FetchSettings

LOOPBACK = ("127.0.0.0/8",)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def loopback() -> Callable[..., FetchSettings]:
    """Make settings for a test: the loopback interface is admitted, and nothing takes long."""

    def make(**changes: Any) -> FetchSettings:
        short = {"total_seconds": 10, "connect_seconds": 2, "read_seconds": 5}
        return FetchSettings.model_validate({"dangerously_admit_networks": LOOPBACK, **short, **changes})

    return make


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Closes what a test opened."""
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
def serve(stack: AsyncExitStack) -> Callable[..., Awaitable[str]]:
    """Start a web server with one handler for every path; returns its address."""

    async def start(handler: Handler, host: str = "127.0.0.1", tls: SSLContext | None = None) -> str:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, host, 0, ssl_context=tls)
        await site.start()
        port = runner.addresses[0][1]
        return f"{'https' if tls else 'http'}://{host}:{port}"

    return start


@pytest.fixture
def serve_raw(stack: AsyncExitStack) -> Callable[[Conversation], Awaitable[str]]:
    """Start a server that speaks by hand, for answers no honest server gives; returns its address."""

    async def start(conversation: Conversation) -> str:
        running: set[asyncio.Task[None]] = set()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            running.add(task)
            try:
                await conversation(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass  # the fetcher hung up, as it should
            finally:
                running.discard(task)
                writer.close()

        async def stop() -> None:
            server.close()
            for task in list(running):
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        stack.push_async_callback(stop)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    return start
