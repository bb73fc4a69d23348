"""Each thing that can happen to a sitemap has its outcome."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from datetime import timedelta

import pytest
from aiohttp import web

from curation_core import Done, Fail, Retry
from curation_sitemap_import import plugin

HEAD = "<urlset>"
PAGE = "<url><loc>{base}/page</loc></url>"
ONE_PAGE = f"{HEAD}{PAGE}</urlset>"


def urls(count: int, start: int = 0) -> str:
    return "".join(f"<url><loc>{{base}}/{number}</loc></url>" for number in range(start, start + count))


def index(*paths: str) -> str:
    return (
        "<sitemapindex>"
        + "".join(f"<sitemap><loc>{{base}}{path}</loc></sitemap>" for path in paths)
        + "</sitemapindex>"
    )


async def test_a_sitemap_with_urls_is_complete_with_its_counts(site, run_item):
    site.files["/s.xml"] = f"{HEAD}<url><loc>/contact</loc><lastmod>2024-05-06</lastmod></url>{PAGE}</urlset>"
    outcome = await run_item(site.url("/s.xml"))
    assert isinstance(outcome, Done)
    found = outcome.result
    assert (found.pages.count, found.pages.dated) == (2, True)
    assert (found.status_code, found.is_gzipped, found.children) == (200, False, 0)
    assert found.size_bytes == len(site.files["/s.xml"].replace("{base}", site.base))
    assert outcome.note == ""


async def test_a_packed_sitemap_says_so_and_is_as_large_as_it_was_sent(site, run_item):
    packed = gzip.compress(b"<urlset><url><loc>/a</loc></url></urlset>", mtime=0)
    site.files["/s.xml"] = web.Response(body=packed, content_type="text/plain")
    outcome = await run_item(site.url("/s.xml"))
    assert (outcome.result.is_gzipped, outcome.result.size_bytes) == (True, len(packed))


async def test_an_empty_sitemap_is_a_named_success(site, run_item):
    site.files["/s.xml"] = "<urlset></urlset>"
    outcome = await run_item(site.url("/s.xml"))
    assert isinstance(outcome, Done)
    assert outcome.note == "empty_sitemap"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>Not here", "html"),
        (b"{}", "not_a_sitemap"),
        (b"<<<", "bad_xml"),
        (b"<urlset><url><loc>http://a/1", "bad_xml"),
        (b"", "empty"),
        (b"\x1f\x8bnonsense", "bad_gzip"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><urlset/>", "entity_declaration"),
        (b"<urlset>" + b"<a>" * 100, "too_deep"),
    ],
)
async def test_what_is_no_sitemap_fails_for_good_with_its_code(body, code, site, run_item):
    site.files["/s.xml"] = body
    outcome = await run_item(site.url("/s.xml"))
    assert isinstance(outcome, Fail)
    assert outcome.reason.startswith(f"{code}: ")
    assert outcome.result.pages is None
    assert outcome.result.status_code == 200


@pytest.mark.parametrize("body", [b"", b"<urlset><url><loc>/1</loc></url>"], ids=["at once", "after a page"])
async def test_a_file_that_is_too_large_fails_for_good(body, site, run_item):
    site.files["/s.xml"] = body + b"<urlset>" + b" " * 5000
    outcome = await run_item(site.url("/s.xml"), max_file_bytes=4000)
    assert isinstance(outcome, Fail)
    assert outcome.reason.startswith("too_large: ")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
async def test_a_final_status_fails_for_good_and_is_recorded(status, site, run_item):
    site.files["/s.xml"] = web.Response(status=status)
    outcome = await run_item(site.url("/s.xml"))
    assert isinstance(outcome, Fail)
    assert outcome.reason.startswith(f"http_{status}: ")
    assert outcome.result.status_code == status
    assert outcome.result.pages is None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_a_passing_status_is_tried_again_when_the_server_wants_it(status, site, run_item):
    site.files["/s.xml"] = web.Response(status=status, headers={"Retry-After": "90"})
    outcome = await run_item(site.url("/s.xml"))
    assert isinstance(outcome, Retry)
    assert outcome.after == timedelta(seconds=90)
    assert outcome.reason.startswith(f"http_{status}: ")
    assert outcome.result.status_code == status


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}, {"Retry-After": "soon"}])
async def test_without_a_wish_of_the_server_the_policy_waits(headers, site, run_item):
    site.files["/s.xml"] = web.Response(status=503, headers=headers)
    outcome = await run_item(site.url("/s.xml"))
    assert (type(outcome), outcome.after) == (Retry, None)


async def test_a_reset_and_a_timeout_are_tried_again(site, hang_up, run_item):
    async def silent(_request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    site.files["/s.xml"] = silent
    reset = await run_item(hang_up)
    late = await run_item(site.url("/s.xml"), fetch_read_seconds=0.2)
    assert isinstance(reset, Retry)
    assert isinstance(late, Retry)
    assert reset.reason.startswith("reset: ")
    assert late.reason.startswith("timeout: ")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://10.0.0.1/s.xml", "blocked_address"),
        ("http://169.254.169.254/", "blocked_address"),
        ("not a url", "invalid_url"),
        ("", "invalid_url"),
        ("ftp://example.com/s.xml", "invalid_url"),
    ],
)
async def test_an_address_that_is_not_fetched_fails_for_good(url, code, run_item):
    outcome = await run_item(url)
    assert isinstance(outcome, Fail)
    assert outcome.reason.startswith(f"{code}: ")


@pytest.mark.parametrize(
    ("target", "code"), [("/s.xml", "redirect_loop"), ("ftp://a/", "redirect_scheme"), ("{n}", "too_many_redirects")]
)
async def test_a_redirect_that_leads_nowhere_fails_for_good(target, code, site, run_item):
    async def onward(request: web.Request) -> web.Response:
        step = int(request.query.get("n", "0"))
        where = f"/s.xml?n={step + 1}" if target == "{n}" else target
        return web.Response(status=302, headers={"Location": where})

    site.files["/s.xml"] = onward
    outcome = await run_item(site.url("/s.xml"))
    assert isinstance(outcome, Fail)
    assert outcome.reason.startswith(f"{code}: ")


async def test_a_truncated_sitemap_keeps_its_pages_and_is_complete_with_a_note(site, run_item):
    site.files["/s.xml"] = f"{HEAD}{urls(3)}<url><loc>{{base}}/4"
    outcome = await run_item(site.url("/s.xml"))
    assert isinstance(outcome, Done)
    assert (outcome.result.pages.count, outcome.note) == (3, "partial: truncated")


async def test_more_urls_than_a_file_may_list_are_left_out_with_a_note(site, run_item):
    site.files["/s.xml"] = f"{HEAD}{urls(11)}</urlset>"
    outcome = await run_item(site.url("/s.xml"), max_file_urls=10)
    assert isinstance(outcome, Done)
    assert (outcome.result.pages.count, outcome.note) == (10, "partial: url_limit")
    whole = await run_item(site.url("/s.xml"), max_file_urls=11)
    assert (whole.result.pages.count, whole.note) == (11, "")


async def test_locations_that_are_no_pages_are_counted_in_the_note(site, run_item):
    long = "x" * 3000
    site.files["/s.xml"] = (
        f"{HEAD}<url><loc>mailto:a@b.c</loc></url><url><loc>javascript:x</loc></url>{PAGE}"
        f"<url><loc>/{long}</loc></url></urlset>"
    )
    outcome = await run_item(site.url("/s.xml"))
    assert outcome.result.pages.count == 1
    assert outcome.note == "passed over: 2 bad_location, long_location"


async def test_a_transfer_that_breaks_off_is_tried_again_and_its_pages_stay(site, run_item):
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 10_000
        await response.prepare(request)
        await response.write(b"<urlset>" + b"<url><loc>/1</loc></url>" * 60)
        request.transport.close()
        return response

    site.files["/s.xml"] = half
    first, last = await run_item(site.url("/s.xml")), await run_item(site.url("/s.xml"), last=True)
    assert isinstance(first, Retry)
    assert isinstance(last, Fail)
    for outcome in (first, last):
        assert outcome.reason.startswith("incomplete: ")
        assert outcome.result.pages.count > 0


# -- children ---------------------------------------------------------------------------------------------------


async def test_when_some_children_fail_the_whole_item_is_tried_again_and_at_the_last_attempt_it_fails(site, run_item):
    site.files |= {
        "/s.xml": index("/1.xml", "/2.xml", "/3.xml", "/4.xml"),
        "/1.xml": ONE_PAGE,
        "/2.xml": web.Response(status=503, headers={"Retry-After": "30"}),
        "/3.xml": b"<html>",
    }
    first, last = await run_item(site.url("/s.xml")), await run_item(site.url("/s.xml"), last=True)
    assert isinstance(first, Retry)
    assert first.after == timedelta(seconds=30)
    assert isinstance(last, Fail)
    for outcome in (first, last):
        assert outcome.reason == (
            f"3 of 4 children failed: http_503: the server answered 503 ({site.base}/2.xml); "
            f"html: it is a web page ({site.base}/3.xml); http_404: the server answered 404 ({site.base}/4.xml)"
        )
        assert outcome.result.pages.count == 1


async def test_many_failures_are_named_in_part(site, run_item):
    site.files["/s.xml"] = index(*(f"/{n}.xml" for n in range(14)))
    outcome = await run_item(site.url("/s.xml"))
    assert outcome.reason.startswith("14 of 14 children failed: http_404")
    assert outcome.reason.endswith("; and 11 more")


async def test_an_empty_child_is_no_failure(site, run_item):
    site.files |= {"/s.xml": index("/1.xml", "/2.xml"), "/1.xml": "<urlset/>", "/2.xml": ONE_PAGE}
    outcome = await run_item(site.url("/s.xml"))
    assert isinstance(outcome, Done)
    assert (outcome.result.pages.count, outcome.note) == (1, "")


# -- hostile ----------------------------------------------------------------------------------------------------


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"<urlset>")
    while True:
        await response.write(b"<url><loc></loc></url>" * 5000)


async def slow_drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"<")
        await asyncio.sleep(0.02)  # the server's pace is what is tested


def bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(b"<urlset>") + b"".join(packer.compress(b" " * 2**20) for _ in range(300)) + packer.flush()


def entity_bomb() -> bytes:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 20))
    return f"<!DOCTYPE x [{lines}]><urlset><url><loc>&l19;</loc></url></urlset>".encode()


@pytest.mark.parametrize(
    ("attack", "code", "kind", "bounds"),
    [
        (endless, "too_large", Fail, {"max_file_bytes": 2_000_000}),
        (slow_drip, "timeout", Retry, {"fetch_total_seconds": 0.5}),
        (bomb(), "gzip_bomb", Fail, {}),
        (web.Response(body=bomb(), headers={"Content-Encoding": "gzip"}), "gzip_bomb", Fail, {}),
        (entity_bomb(), "entity_declaration", Fail, {}),
        (web.Response(headers={f"X-{n}": "y" * 1000 for n in range(300)}), "headers_too_large", Fail, {}),
    ],
    ids=["endless body", "slow drip", "gzip bomb", "gzip bomb as encoding", "entity bomb", "endless headers"],
)
async def test_an_attack_ends_in_a_named_error_and_the_next_item_works(
    attack, code, kind, bounds, site, run_item, settings
):
    site.files |= {"/attack.xml": attack, "/good.xml": ONE_PAGE}
    async with plugin.lifespan(settings(**bounds)) as resources:
        ended = await run_item(site.url("/attack.xml"), resources=resources, **bounds)
        after = await run_item(site.url("/good.xml"), resources=resources)
    assert isinstance(ended, kind)
    assert ended.reason.startswith(f"{code}: ")
    assert isinstance(after, Done)
    assert after.result.pages.count == 1


async def test_a_large_file_lets_others_have_the_loop(site, run_item):
    site.files["/s.xml"] = gzip.compress(
        f"{HEAD}{urls(50_000)}</urlset>".replace("{base}", "http://a").encode(), mtime=0
    )
    turns: list[float] = []

    async def watch() -> None:
        clock = asyncio.get_running_loop().time
        while True:
            before = clock()
            await asyncio.sleep(0)
            turns.append(clock() - before)

    watcher = asyncio.create_task(watch())
    outcome = await run_item(site.url("/s.xml"))
    watcher.cancel()
    assert outcome.result.pages.count == 50_000
    assert max(turns) < sum(turns) / 2  # read in one go, it would be nearly all


async def test_an_unforeseen_error_is_left_to_the_policy():
    assert plugin.on_error(RuntimeError("a bug")) is None
    assert plugin.on_error(TimeoutError()) is None
