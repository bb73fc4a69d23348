"""The town serves what it says, over real connections."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Callable
from xml.etree import ElementTree as ET

import pytest

from curation_fetch import Fetcher, FetchError, FetchSettings
from curation_sitemap_import.categories import HONEYBEE, decide
from lead_pipeline.ordinary import named, unnamed
from lead_pipeline.sites import Site
from lead_pipeline.town import ORDINARY, SPECIAL, build_town
from lead_pipeline.web import Town, open_town

BOOKSHOP = SPECIAL[0]
DOMAINS = [f"main-street-{number}.example.com" for number in range(20)]
SITES = build_town(DOMAINS)
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town(SITES) as town:
        yield town


@pytest.fixture
async def fetcher(town: Town) -> AsyncIterator[Fetcher]:
    changes = {"dangerously_admit_networks": ["127.0.0.1/32"], "dangerously_connect_to": town.address}
    async with Fetcher(FetchSettings.model_validate(changes)) as fetcher:
        yield fetcher


def locations(sitemap: bytes) -> list[str]:
    return [loc.text or "" for loc in ET.fromstring(sitemap).iter(LOC)]  # noqa: S314 - our own sitemap


async def code_of(fetcher: Fetcher, url: str) -> str:
    try:
        return str((await fetcher.read(url)).status)
    except FetchError as error:
        return error.code


async def test_the_bookshop_s_index_leads_to_all_its_pages(fetcher: Fetcher) -> None:
    (index,) = BOOKSHOP.listed()
    children = locations((await fetcher.read(index)).body)
    assert len(children) == 9
    pages: list[str] = []
    for child in children:
        body = (await fetcher.read(child)).body
        if body.startswith(b"\x1f\x8b"):
            body = gzip.decompress(body)
        if child.endswith("/news.xml"):
            with pytest.raises(ET.ParseError):
                locations(body)
            body = body.removesuffix(b"<ur") + b"</urlset>"
        pages += body.decode().split() if child.endswith(".txt") else locations(body.removeprefix(b"\xef\xbb\xbf"))
    assert len(pages) == len(set(pages)) >= 2000
    assert set(pages) == BOOKSHOP.stored()


async def test_what_is_wrong_with_a_sitemap_is_wrong_as_foretold(fetcher: Fetcher) -> None:
    wrong = {
        url: listing.fate.code
        for site in SITES.values()
        for url, listing in site.listed().items()
        if listing.fate.code.startswith(("http_", "redirect_"))
    }
    assert len(wrong) == 5
    assert {url: await code_of(fetcher, url) for url in wrong} == wrong


async def test_what_is_wrong_with_a_page_is_wrong_as_foretold(fetcher: Fetcher) -> None:
    codes = {
        page.fate.code: await code_of(fetcher, url)
        for site in SITES.values()
        for url, page in site.visited().items()
        if page.fate.ending == "failed"
    }
    assert codes == {
        "gone": "http_410",
        "forbidden": "http_403",
        "http_500": "http_500",
        "reset": "reset",
        "too_deep": "200",
        "too_many_attributes": "200",
        "too_large": "too_large",
        "blocked_address": "blocked_address",
        "redirect_loop": "redirect_loop",
    }


async def test_a_site_that_is_busy_asks_to_come_back_and_then_answers(fetcher: Fetcher) -> None:
    url = "http://union-plumbing.example.com/sitemap.xml"
    with pytest.raises(FetchError, match="http_503") as busy:
        await fetcher.read(url)
    assert busy.value.retry_after == 1
    assert len(locations((await fetcher.read(url)).body)) == 30


@pytest.mark.parametrize("make", [named, unnamed])
async def test_an_ordinary_site_s_sitemap_lists_the_pages_it_foretells(
    fetcher: Fetcher, make: Callable[[str, int], Site]
) -> None:
    number = ORDINARY.index(make)
    site = SITES[DOMAINS[number]]
    (url,) = site.listed()
    assert site == make(site.domain, number)
    assert set(locations((await fetcher.read(url)).body)) == site.stored()


async def test_a_site_answers_under_www_too_and_a_name_that_is_not_there_does_not(fetcher: Fetcher) -> None:
    assert await code_of(fetcher, f"http://www.{DOMAINS[0]}/contact") == "200"
    assert await code_of(fetcher, "http://nobody.example.com/contact") == "http_404"


async def test_the_town_counts_what_it_is_asked(town: Town, fetcher: Fetcher) -> None:
    url = f"http://{DOMAINS[0]}/robots.txt"
    await fetcher.read(url)
    await fetcher.read(url)
    assert town.requests[url] == 2


def test_the_same_domains_make_the_same_town() -> None:
    assert build_town(DOMAINS) == SITES
    assert len(SITES) == len(DOMAINS) + len(SPECIAL) + 1


def test_which_pages_are_visited_is_what_wf6_decides() -> None:
    pages = {url for site in SITES.values() for url in site.stored()}
    status = {url: decide(url, HONEYBEE)[0].processing_status for url in pages}
    assert {url for url in pages if status[url] == "Queued"} == {u for s in SITES.values() for u in s.visited()}
    assert {url for url in pages if status[url] == "Filtered"} == {u for s in SITES.values() for u in s.filtered()}
