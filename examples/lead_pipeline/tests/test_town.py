"""The town serves what it says, over real connections."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Iterator
from operator import attrgetter
from xml.etree import ElementTree as ET

import pytest
from aiohttp import ClientSession

from lead_pipeline.town import SITES, Site
from lead_pipeline.web import Town, open_town

BOOKSHOP = SITES[0]
BY_CODE = {site.code: site for site in SITES if site.code}
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_town(SITES) as town:
        yield town


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    async with ClientSession(auto_decompress=False) as session:
        yield session


async def get(client: ClientSession, address: str) -> tuple[int, str, bytes]:
    async with client.get(address, allow_redirects=False) as answer:
        return answer.status, answer.content_type, await answer.read()


def locations(sitemap: bytes) -> list[str]:
    return [loc.text or "" for loc in ET.fromstring(sitemap).iter(LOC)]  # noqa: S314 - our own sitemap


def site_named(start: str) -> Site:
    return next(site for site in SITES if site.domain.startswith(start))


async def test_the_bookshop_s_index_leads_to_all_its_pages(town: Town, client: ClientSession) -> None:
    origin = town.origins[BOOKSHOP.domain]
    status, _, body = await get(client, origin + BOOKSHOP.sitemap)
    children = locations(body)
    assert status == 200
    assert len(children) == 9
    pages: list[str] = []
    for child in children:
        _, _, body = await get(client, child)
        if body.startswith(b"\x1f\x8b"):
            body = gzip.decompress(body)
        if child.endswith("/news.xml"):
            body = body.removesuffix(b"<ur") + b"</urlset>"
        pages += body.decode().split() if child.endswith(".txt") else locations(body.removeprefix(b"\xef\xbb\xbf"))
    assert len(pages) == len(set(pages)) == BOOKSHOP.pages >= 2000
    assert all(page.startswith(origin) for page in pages)


async def test_one_child_of_the_bookshop_is_cut_short(town: Town, client: ClientSession) -> None:
    _, _, body = await get(client, town.origins[BOOKSHOP.domain] + "/sitemaps/news.xml")
    assert body.count(b"<url>") == body.count(b"</url>") == 40
    assert body.endswith(b"<ur")
    with pytest.raises(ET.ParseError):
        locations(body)


@pytest.mark.parametrize(
    ("code", "status", "content_type"),
    [
        ("http_404", 404, "text/html"),
        ("http_403", 403, "application/xml"),
        ("http_410", 410, "application/xml"),
        ("http_500", 500, "application/xml"),
        ("html", 200, "text/html"),
        ("not_a_sitemap", 200, "application/json"),
    ],
)
async def test_what_is_wrong_is_wrong_as_foretold(
    town: Town, client: ClientSession, code: str, status: int, content_type: str
) -> None:
    site = BY_CODE[code]
    answered = await get(client, town.origins[site.domain] + site.sitemap)
    assert answered[:2] == (status, content_type)


async def test_a_site_that_is_busy_asks_to_come_back_and_then_answers(town: Town, client: ClientSession) -> None:
    address = town.origins[site_named("union-plumbing").domain] + "/sitemap.xml"
    async with client.get(address) as busy:
        assert (busy.status, busy.headers["Retry-After"]) == (503, "1")
    status, _, body = await get(client, address)
    assert (status, len(locations(body))) == (200, 30)


async def test_a_site_that_moved_says_where_to(town: Town, client: ClientSession) -> None:
    site = site_named("lakeview-dental")
    async with client.get(town.origins[site.domain] + site.sitemap) as answer:
        assert answer.url.path == "/map.xml"
        assert len(locations(await answer.read())) == site.pages


@pytest.mark.parametrize(
    "site", [site for site in SITES if site.domain.startswith("main-street")][:3], ids=attrgetter("domain")
)
async def test_a_small_site_lists_as_many_pages_as_it_foretells(town: Town, client: ClientSession, site: Site) -> None:
    _, _, body = await get(client, town.origins[site.domain] + site.sitemap)
    assert len(set(locations(body))) == site.pages


async def test_the_town_counts_what_it_is_asked(town: Town, client: ClientSession) -> None:
    address = town.origins[site_named("main-street-7").domain] + "/robots.txt"
    before = town.requests[address]
    await get(client, address)
    assert town.requests[address] == before + 1


def test_no_two_sites_share_a_domain() -> None:
    assert len({site.domain for site in SITES}) == len(SITES)
