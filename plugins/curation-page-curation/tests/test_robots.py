"""A site's robots.txt is asked for first, followed, and remembered."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from curation_core import Done, Fail, Retry, Skip
from curation_page_curation import plugin
from curation_page_curation.rules import rules_on

PAGE = "<title>Joe's</title>"
NOT_THERE = "User-agent: *\nDisallow: /"


async def test_it_is_asked_for_before_the_first_page_and_once_for_all(site, run_item, settings, sessions):
    site.files |= {"/robots.txt": "User-agent: *\nAllow: /", "/a": PAGE, "/b": PAGE}
    async with plugin.lifespan(settings(), sessions) as resources:
        await asyncio.gather(*(run_item(site.url(path), resources=resources) for path in ("/a", "/b", "/a")))
    assert site.asked[0] == "/robots.txt"
    assert sorted(site.asked) == ["/a", "/a", "/b", "/robots.txt"]


async def test_it_is_asked_for_again_when_its_time_is_over(site, run_item, settings, sessions):
    site.files |= {"/robots.txt": "", "/a": PAGE}
    async with plugin.lifespan(settings(robots_seconds=0.001), sessions) as resources:
        await run_item(site.url("/a"), resources=resources)
        await run_item(site.url("/a"), resources=resources)
    assert site.asked == ["/robots.txt", "/a", "/robots.txt", "/a"]


async def test_what_it_disallows_is_complete_and_not_fetched(site, run_item):
    site.files |= {"/robots.txt": "User-agent: *\nDisallow: /private", "/private/x": PAGE, "/public": PAGE}
    outcome = await run_item(site.url("/private/x"))
    assert isinstance(outcome, Skip)
    assert outcome.reason.startswith("robots_disallowed: ")
    assert (outcome.result.contents, outcome.result.scrape_status) == (None, None)
    assert isinstance(await run_item(site.url("/public")), Done)
    assert "/private/x" not in site.asked


async def test_it_is_addressed_by_the_name_in_our_user_agent(site, run_item):
    site.files |= {"/robots.txt": "User-agent: acme-bot\nDisallow: /\n\nUser-agent: *\nAllow: /", "/": PAGE}
    assert isinstance(await run_item(site.url("/")), Done)
    ours = await run_item(site.url("/"), fetch_user_agent="acme-bot/2 (+https://acme.example/bot)")
    assert isinstance(ours, Skip)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
async def test_one_that_is_not_given_to_us_allows_everything(status, site, run_item):
    site.files |= {"/robots.txt": web.Response(status=status, body=NOT_THERE.encode()), "/": PAGE}
    assert isinstance(await run_item(site.url("/")), Done)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_one_that_can_not_be_had_now_keeps_us_out_until_later(status, site, run_item, settings, sessions):
    site.files |= {"/robots.txt": web.Response(status=status), "/": PAGE, "/b": PAGE}
    async with plugin.lifespan(settings(max_wait_seconds=0.1), sessions) as resources:
        outcomes = [await run_item(site.url(path), resources=resources) for path in ("/", "/b")]
    assert [type(outcome) for outcome in outcomes] == [Retry, Retry]
    assert outcomes[0].reason.startswith(f"http_{status}: ")
    assert site.asked == ["/robots.txt"]


async def test_one_that_never_comes_keeps_us_out_until_later(site, run_item):
    async def never(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(3600)
        raise AssertionError

    site.files |= {"/robots.txt": never, "/": PAGE}
    outcome = await run_item(site.url("/"), fetch_read_seconds=0.2)
    assert isinstance(outcome, Retry)
    assert outcome.reason.startswith("timeout: ")
    assert "/" not in site.asked


async def test_of_an_endless_one_the_first_500_kib_count(site, run_item):
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"User-agent: *\nDisallow: /private\n")
        while True:
            await response.write(b"# more\n" * 9_000)

    site.files |= {"/robots.txt": endless, "/": PAGE, "/private": PAGE}
    assert isinstance(await run_item(site.url("/")), Done)
    assert isinstance(await run_item(site.url("/private")), Skip)


@pytest.mark.parametrize(
    "body", [bytes(range(256)) * 20, b"\xff\xfe\x00", b"<html><title>Not found</title>", b"\x00" * 600]
)
async def test_one_that_is_something_else_allows_everything(body, site, run_item):
    site.files |= {"/robots.txt": body, "/": PAGE}
    assert isinstance(await run_item(site.url("/")), Done)


async def test_it_may_be_redirected_even_to_another_host(site, new_site, run_item):
    elsewhere = await new_site("127.0.0.2")
    elsewhere.files["/rules"] = NOT_THERE
    site.files |= {"/robots.txt": web.Response(status=301, headers={"Location": elsewhere.url("/rules")}), "/": PAGE}
    assert isinstance(await run_item(site.url("/")), Skip)


@pytest.mark.parametrize("target", ["/robots.txt", "http://10.0.0.1/robots.txt", "ftp://x/", "http://["])
async def test_one_that_is_redirected_nowhere_allows_everything(target, site, run_item):
    site.files |= {"/robots.txt": web.Response(status=301, headers={"Location": target}), "/": PAGE}
    assert isinstance(await run_item(site.url("/")), Done)


async def test_the_rules_of_a_host_hold_where_a_redirect_leads(site, new_site, run_item):
    elsewhere = await new_site("127.0.0.2")
    elsewhere.files |= {"/robots.txt": NOT_THERE, "/": PAGE}
    site.files |= {"/": web.Response(status=301, headers={"Location": elsewhere.url("/")})}
    assert (await run_item(site.url("/"))).reason.startswith("robots_disallowed: ")
    assert elsewhere.asked == ["/robots.txt"]


async def test_one_that_is_made_to_take_for_ever_ends_with_a_code(site, run_item):
    stars = "a*" * 30
    site.files |= {"/robots.txt": f"User-agent: *\nDisallow: /{stars}b$", "/" + "a" * 1_500: PAGE}
    outcome = await run_item(site.url("/" + "a" * 1_500), read_cpu_seconds=0.5)
    assert isinstance(outcome, Done | Fail)
    assert isinstance(outcome, Done) or outcome.reason.startswith("too_costly: ")


@pytest.mark.parametrize(
    ("robots", "expected"),
    [
        ("", (True, None)),
        ("User-agent: us\nCrawl-delay: 5", (True, 5.0)),
        ("User-agent: *\nCrawl-delay: nonsense", (True, None)),
        ("User-agent: *\nCrawl-delay: -3", (True, None)),
        ("User-agent: *\nCrawl-delay: inf", (True, None)),
        ("\ufeffUser-agent: *\nDisallow: /x", (False, None)),
        ("user-AGENT: US\nDISALLOW: /x", (False, None)),
        ("User-agent: us 1.0 beta # hello\nDisallow: /x", (False, None)),
        ("User-agent: *\nDisallow: /x\nUser-agent: us too\nAllow: /x", (True, None)),
        ("User-agent: *\nDisallow: /x\nAllow: /x/y", (True, None)),
        ("User-agent: *\nDisallow: /*y$", (False, None)),
    ],
)
def test_rules_are_read_as_written(robots, expected):
    assert rules_on(robots.encode(), url="https://joes.com/x/y", name="us") == expected
