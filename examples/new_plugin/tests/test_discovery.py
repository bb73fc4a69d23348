"""One domain after the other, over real connections."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import web

from curation_core import Done, Fail, Retry, Skip
from curation_sitemap_discovery.discovery import Found
from curation_sitemap_discovery.settings import COMMON_PATHS, DiscoveryFetchSettings
from curation_sitemap_discovery.verdicts import on_error

URLSET = "<urlset><url><loc>http://joes.example/</loc></url></urlset>"
HERE = "http://joes.example"


async def test_robots_txt_names_the_sitemaps_and_nothing_else_is_asked(sites, run_item):
    sites.files["joes.example/robots.txt"] = f"Sitemap: {HERE}/a.xml\nSitemap: https://cdn.example/index.xml\n"
    assert await run_item() == Done(
        [
            Found(f"{HERE}/a.xml", "STANDARD", "ROBOTS_TXT"),
            Found("https://cdn.example/index.xml", "INDEX", "ROBOTS_TXT"),
        ],
        note="2 by ROBOTS_TXT",
    )
    assert sites.asked == ["joes.example/robots.txt"]


async def test_a_sitemap_named_twice_or_badly_is_one_or_none(sites, run_item):
    lines = [
        f"{HERE}/a.xml",
        "HTTP://JOES.EXAMPLE/a.xml#top",
        "/a.xml",
        "ftp://joes.example/",
        "http://[::1/",
        "mailto:x",
    ]
    lines += ["http:///a.xml", f"{HERE}/{'a' * 3000}", f"{HERE}/\x00.xml"]
    sites.files["joes.example/robots.txt"] = "".join(f"Sitemap: {line}\n" for line in lines)
    assert (await run_item()).result == [Found(f"{HERE}/a.xml", "STANDARD", "ROBOTS_TXT")]


async def test_of_endless_sitemaps_so_many_are_kept(sites, run_item):
    sites.files["joes.example/robots.txt"] = "".join(f"Sitemap: /{n}.xml\n" for n in range(40_000))
    assert len((await run_item()).result) == 50


@pytest.mark.parametrize("path", COMMON_PATHS)
async def test_a_sitemap_at_a_common_path_is_found_without_robots_txt(sites, run_item, path):
    sites.files[f"joes.example{path}"] = URLSET
    assert (await run_item()).result == [Found(HERE + path, "STANDARD", "COMMON_PATH")]
    assert sites.asked[-1] == f"joes.example{path}"


async def test_a_page_that_says_200_for_not_found_is_no_sitemap(sites, run_item):
    soft = {f"joes.example{path}": "<!doctype html><title>Oh no</title>" for path in COMMON_PATHS}
    sites.files |= soft
    found = await run_item()
    assert isinstance(found, Skip)
    assert found.reason == "no_sitemap: robots.txt names none, and none stands at 8 common paths"


async def test_a_redirect_within_the_domain_is_followed_to_where_the_sitemap_is(sites, run_item):
    sites.files |= {
        "joes.example/sitemap.xml": web.Response(status=301, headers={"Location": "http://www.joes.example/wp.xml"}),
        "www.joes.example/wp.xml": URLSET.replace("urlset", "sitemapindex"),
    }
    assert (await run_item()).result == [Found("http://www.joes.example/wp.xml", "INDEX", "COMMON_PATH")]


async def test_a_redirect_to_somebody_else_is_not_followed(sites, run_item):
    moved = web.Response(status=301, headers={"Location": "http://notjoes.example/sitemap.xml"})
    sites.files |= {"joes.example/sitemap.xml": moved, "notjoes.example/sitemap.xml": URLSET}
    assert isinstance(await run_item(), Skip)
    assert "notjoes.example/sitemap.xml" not in sites.asked


async def test_what_robots_txt_disallows_is_not_asked(sites, run_item):
    sites.files |= {
        "joes.example/robots.txt": "User-agent: *\nDisallow: /sitemap\nDisallow: /hidden",
        "joes.example/sitemap.xml": URLSET,
        "joes.example/wp-sitemap.xml": web.Response(status=302, headers={"Location": "/hidden.xml"}),
    }
    assert isinstance(await run_item(), Skip)
    assert sites.asked == ["joes.example/robots.txt", "joes.example/wp-sitemap.xml"]


async def test_a_site_that_asks_not_to_be_looked_at_says_so_in_the_history(sites, run_item):
    sites.files["joes.example/robots.txt"] = "User-agent: *\nDisallow: /"
    assert (await run_item()).reason.startswith("robots_disallowed:")


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml"])
async def test_a_site_that_is_busy_is_asked_again_when_it_wants(sites, run_item, path):
    sites.files[f"joes.example{path}"] = web.Response(status=503, headers={"Retry-After": "7"})
    found = await run_item()
    assert isinstance(found, Retry)
    assert (found.after, found.reason.partition(":")[0]) == (timedelta(seconds=7), "http_503")
    assert sites.asked[-1] == f"joes.example{path}"


async def test_a_forbidden_robots_txt_forbids_nothing(sites, run_item):
    sites.files |= {"joes.example/robots.txt": web.Response(status=403), "joes.example/sitemap.xml": URLSET}
    assert isinstance(await run_item(), Done)


async def test_a_redirect_to_a_private_address_ends_it(sites, run_item):
    away = web.Response(status=302, headers={"Location": "http://169.254.169.254/robots.txt"})
    sites.files["joes.example/robots.txt"] = away
    found = await run_item()
    assert isinstance(found, Fail)
    assert found.reason.startswith("blocked_address:")


async def test_a_domain_nobody_answers_for_may_answer_later(sites, run_item, settings):
    closed = DiscoveryFetchSettings.model_validate(
        {**settings.fetch.model_dump(), "dangerously_connect_to": "127.0.0.1:1"}
    )
    found = await run_item(fetch=closed)
    assert isinstance(found, Retry)
    assert found.reason.startswith("connect_failed:")


def test_an_error_that_is_not_of_the_web_is_left_to_the_policy():
    assert on_error(ValueError("a mistake of ours")) is None
