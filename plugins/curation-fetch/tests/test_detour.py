"""One server can play many sites, and the guard still judges where it is."""

from __future__ import annotations

import pytest
from aiohttp import web
from pydantic import ValidationError

from curation_fetch import Fetcher, FetchSettings, UrlRefused


@pytest.fixture
async def town(serve):
    """The address and port of a server that says which site it was asked for."""

    async def answer(request: web.Request) -> web.Response:
        if request.host == "old.example.com":
            raise web.HTTPFound(f"http://new.example.com{request.path}")
        return web.Response(text=f"{request.host}{request.path}")

    return (await serve(answer)).removeprefix("http://")


async def test_every_name_leads_to_one_address_under_its_own_name(loopback, town):
    async with Fetcher(loopback(dangerously_connect_to=town)) as fetcher:
        pages = [await fetcher.read(f"http://{name}/a") for name in ("joes.example.com", "anns.example.org:8443")]
    assert [page.body for page in pages] == [b"joes.example.com/a", b"anns.example.org:8443/a"]


async def test_a_redirect_takes_the_same_way(loopback, town):
    async with Fetcher(loopback(dangerously_connect_to=town)) as fetcher:
        page = await fetcher.read("http://old.example.com/b")
    assert (page.final_url, page.body) == ("http://new.example.com/b", b"new.example.com/b")


async def test_the_address_is_guarded_unless_its_network_is_admitted(town):
    async with Fetcher(FetchSettings(dangerously_connect_to=town)) as fetcher:
        with pytest.raises(UrlRefused, match="blocked_address"):
            await fetcher.read("http://joes.example.com/")


async def test_an_address_in_a_url_is_guarded_and_takes_no_detour(loopback, town):
    async with Fetcher(loopback(dangerously_connect_to=town)) as fetcher:
        with pytest.raises(UrlRefused, match="blocked_address"):
            await fetcher.read("http://169.254.169.254/latest/meta-data")


@pytest.mark.parametrize("text", ["localhost:80", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "::1:80", ":80"])
def test_what_is_no_address_and_port_is_refused(text):
    with pytest.raises(ValidationError, match="an address and a port, such as"):
        FetchSettings(dangerously_connect_to=text)


def test_names_lead_where_they_should_unless_it_is_said():
    assert FetchSettings().dangerously_connect_to is None
