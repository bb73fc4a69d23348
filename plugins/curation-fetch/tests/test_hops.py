"""Whoever fetches is asked before each redirect is followed."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from curation_fetch import Fetcher


async def onwards(request: web.Request) -> web.Response:
    left = int(request.query["left"])
    if left:
        return web.Response(status=302, headers={"Location": f"/?left={left - 1}#here"})
    return web.Response(text="arrived")


async def test_each_hop_is_told_before_it_is_made(serve, loopback):
    base = await serve(onwards)
    told: list[str] = []

    async def before_hop(url: str) -> None:
        told.append(url)

    async with Fetcher(loopback()) as fetcher, fetcher.stream(f"{base}/?left=2", before_hop=before_hop) as response:
        assert (await response.read()).body == b"arrived"
    assert told == [f"{base}/?left=1", f"{base}/?left=0"]


async def test_an_exception_ends_the_fetch_before_the_hop(serve, loopback):
    asked: list[str] = []

    async def note(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        return await onwards(request)

    async def refuse(url: str) -> None:
        raise PermissionError(url)

    base = await serve(note)
    async with Fetcher(loopback()) as fetcher:
        with pytest.raises(PermissionError):
            async with fetcher.stream(f"{base}/?left=1", before_hop=refuse):
                pass
    assert asked == ["/?left=1"]


async def test_waiting_for_a_hops_turn_takes_no_time_from_the_fetch(serve, loopback):
    clock = asyncio.get_running_loop().time
    settings = loopback(total_seconds=0.5)

    async def wait(url: str) -> None:
        until = clock() + 2 * settings.total_seconds
        while clock() < until:
            await asyncio.sleep(0.05)

    base = await serve(onwards)
    async with Fetcher(settings) as fetcher, fetcher.stream(f"{base}/?left=1", before_hop=wait) as response:
        assert (await response.read()).body == b"arrived"
