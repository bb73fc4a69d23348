"""Each thing that can happen to a page has its outcome."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from aiohttp import web

from curation_core import Attempt, Done, Fail, Retry, Skip
from curation_page_curation import plugin
from curation_page_curation.models import Page

PAGE = "<title>Joe's</title><p>Write to <a href='mailto:Joe@Joes.com'>Joe</a> or call (650) 253-0000.</p>"


def note_of(outcome):
    return outcome.result.facts["note"]


# -- an answer --------------------------------------------------------------------------------------------------


async def test_a_page_of_html_is_read_and_complete(site, run_item):
    site.files["/"] = web.Response(
        body=PAGE.encode(),
        headers={"Content-Type": "text/html; charset=utf-8", "Last-Modified": "Mon, 06 May 2024 07:08:09 GMT"},
    )
    outcome = await run_item(site.url("/"))
    assert isinstance(outcome, Done)
    visit = outcome.result
    assert visit.contents.title == "Joe's"
    assert [email.address for email in visit.contents.emails] == ["joe@joes.com"]
    assert [phone.number for phone in visit.contents.phones] == ["+16502530000"]
    assert visit.scrape_status == "ContactFound"
    assert visit.last_modified == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert visit.facts["http_status"] == 200
    assert visit.facts["final_url"] == site.url("/")
    assert visit.facts["bytes"] == len(PAGE)
    assert outcome.note == "1 e-mails, 1 phones"


async def test_a_page_without_contacts_says_so(site, run_item):
    site.files["/"] = "<p>Nothing"
    outcome = await run_item(site.url("/"))
    assert isinstance(outcome, Done)
    assert outcome.result.scrape_status == "NoContactFound"


async def test_a_phone_alone_is_a_contact_too(site, run_item):
    site.files["/"] = "<p>650-253-0000"
    assert (await run_item(site.url("/"))).result.scrape_status == "ContactFound"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/pdf", b"%PDF-1.7"),
        ("image/png", b"\x89PNG\r\n"),
        ("application/json", b'{"email": "joe@joes.com"}'),
        ("text/plain", b"joe@joes.com"),
        ("text/html", b"%PDF-1.7 <p>joe@joes.com"),
        ("application/octet-stream", b"\x00\x01\x02"),
    ],
)
async def test_what_is_no_html_is_complete_and_not_read(content_type, body, site, run_item):
    site.files["/"] = web.Response(body=body, content_type=content_type)
    outcome = await run_item(site.url("/"))
    assert isinstance(outcome, Skip)
    assert outcome.reason.startswith("not_html: ")
    assert (note_of(outcome), outcome.result.contents, outcome.result.scrape_status) == ("not_html", None, None)


@pytest.mark.parametrize(
    "content_type", ["TEXT/HTML;Charset=UTF-8", "application/xhtml+xml", "application/octet-stream"]
)
async def test_html_is_read_whatever_its_type_is_called(content_type, site, run_item):
    site.files["/"] = web.Response(body=f"<!DOCTYPE html>{PAGE}".encode(), headers={"Content-Type": content_type})
    assert isinstance(await run_item(site.url("/")), Done)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "gone"),
        (410, "gone"),
        (401, "forbidden"),
        (403, "forbidden"),
        (451, "forbidden"),
        (400, "http_400"),
        (418, "http_418"),
    ],
)
async def test_a_final_status_fails_for_good_with_its_code(status, code, site, run_item):
    site.files |= {"/": web.Response(status=status), "/robots.txt": ""}
    outcome = await run_item(site.url("/"))
    assert isinstance(outcome, Fail)
    assert outcome.reason == f"{code}: the server answered {status} ({site.url('/')})"
    assert (note_of(outcome), outcome.result.facts["http_status"]) == (code, status)
    assert outcome.result.scrape_status == "Error"


# -- another time -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
async def test_a_passing_status_is_tried_again_after_the_policys_backoff(status, site, run_item):
    site.files["/"] = web.Response(status=status)
    outcome = await run_item(site.url("/"))
    assert isinstance(outcome, Retry)
    assert (outcome.after, outcome.result) == (None, None)
    assert outcome.reason.startswith(f"http_{status}: ")


def test_the_backoff_is_one_ten_and_sixty_minutes():
    backoff = plugin.declare_workflow().defaults.backoff
    assert backoff == (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


async def test_what_goes_wrong_four_times_fails(site, run_item):
    assert plugin.declare_workflow().defaults.max_attempts == 4
    site.files["/"] = web.Response(status=500)
    assert isinstance(await run_item(site.url("/"), number=3), Retry)
    outcome = await run_item(site.url("/"), number=4)
    assert isinstance(outcome, Fail)
    assert outcome.reason.startswith("http_500: ")
    assert outcome.result.scrape_status == "Error"


@pytest.mark.parametrize(("status", "header", "seconds"), [(429, "90", 90), (503, "90", 90), (429, None, 60)])
async def test_a_host_that_asks_for_time_gets_it_uncharged(status, header, seconds, site, run_item):
    headers = {"Retry-After": header} if header else {}
    site.files |= {"/": web.Response(status=status, headers=headers), "/robots.txt": ""}
    outcome = await run_item(site.url("/"), number=4, queueing="a", additional_json={"waited": {"a": 2}})
    assert isinstance(outcome, Retry)
    assert not outcome.charged
    assert outcome.after == timedelta(seconds=seconds)
    assert outcome.result.facts == {"waited": {"a": 3}}
    assert outcome.result.scrape_status is None


@pytest.mark.parametrize(("number", "kind"), [(1, Retry), (3, Retry), (4, Fail)])
async def test_the_fourth_time_that_a_host_asks_for_time_is_charged(number, kind, site, run_item):
    site.files |= {"/": web.Response(status=429, headers={"Retry-After": "90"}), "/robots.txt": ""}
    outcome = await run_item(site.url("/"), number=number, queueing="a", additional_json={"waited": {"a": 3}})
    assert isinstance(outcome, kind)
    assert outcome.reason.startswith("http_429: ")
    assert getattr(outcome, "charged", True)


@pytest.mark.parametrize("before", [{"earlier": 3}, {"now": "3"}, 3, None])
async def test_waits_of_an_earlier_queueing_do_not_count(before, site, run_item):
    site.files |= {"/": web.Response(status=429), "/robots.txt": ""}
    outcome = await run_item(site.url("/"), queueing="now", additional_json={"waited": before})
    assert outcome.result.facts == {"waited": {"now": 1}}


async def test_a_wait_of_no_time_at_all_is_a_short_one(site, run_item):
    site.files |= {"/": web.Response(status=503, headers={"Retry-After": "0"}), "/robots.txt": ""}
    outcome = await run_item(site.url("/"))
    assert isinstance(outcome, Retry)
    assert not outcome.charged
    assert timedelta(0) < outcome.after <= timedelta(seconds=1)


async def test_a_host_that_asks_for_time_is_left_alone_by_everybody(site, run_item):
    site.files |= {"/": web.Response(status=429, headers={"Retry-After": "90"}), "/other": PAGE, "/robots.txt": ""}
    await run_item(site.url("/"))
    outcome = await run_item(site.url("/other"), max_wait_seconds=1)
    assert isinstance(outcome, Retry)
    assert not outcome.charged
    assert outcome.reason.startswith("host_busy: ")
    assert timedelta(seconds=60) < outcome.after <= timedelta(seconds=90)
    assert "/other" not in site.asked


async def test_a_reset_and_a_timeout_are_tried_again(hang_up, site, run_item):
    async def never(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(3600)
        raise AssertionError

    assert (await run_item(hang_up)).reason.startswith("reset: ")
    site.files |= {"/": never, "/robots.txt": ""}
    outcome = await run_item(site.url("/"), fetch_read_seconds=0.2)
    assert isinstance(outcome, Retry)
    assert outcome.reason.startswith("timeout: ")


# -- never ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://no-such-host.invalid/", "dns_not_found"),
        ("http://10.0.0.1/", "blocked_address"),
        ("http://[::1]/", "blocked_address"),
        ("ftp://joes.com/", "invalid_url"),
        ("no url", "invalid_url"),
        ("", "invalid_url"),
    ],
)
async def test_what_can_never_be_fetched_fails_for_good(url, code, run_item):
    outcome = await run_item(url)
    assert isinstance(outcome, Fail | Retry)
    if code == "dns_not_found" and isinstance(outcome, Retry):
        pytest.skip("this machine's resolver does not say that a name does not exist")
    assert isinstance(outcome, Fail)
    assert outcome.reason.startswith(f"{code}: ")
    assert outcome.result.scrape_status == "Error"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/", "redirect_loop"),
        ("http://10.0.0.1/", "blocked_address"),
        ("http://169.254.169.254/latest/meta-data", "blocked_address"),
        ("file:///etc/passwd", "redirect_scheme"),
        ("http://[", "redirect_invalid"),
    ],
)
async def test_a_redirect_that_leads_nowhere_fails_for_good(target, code, site, run_item):
    site.files["/"] = web.Response(status=302, headers={"Location": target})
    outcome = await run_item(site.url("/"))
    assert isinstance(outcome, Fail)
    assert outcome.reason.startswith(f"{code}: ")


async def test_a_page_may_be_redirected_five_times_within_its_site(site, run_item):
    async def onwards(request: web.Request) -> web.Response:
        left = int(request.query["left"])
        if not left:
            return web.Response(text=PAGE, content_type="text/html")
        return web.Response(status=301, headers={"Location": f"/go?left={left - 1}"})

    site.files["/go"] = onwards
    outcome = await run_item(site.url("/go?left=5"))
    assert outcome.result.facts["final_url"] == site.url("/go?left=0")
    assert (await run_item(site.url("/go?left=6"))).reason.startswith("too_many_redirects: ")


async def test_a_page_that_moved_to_another_domain_credits_no_contacts(site, new_site, run_item):
    elsewhere = await new_site("127.0.0.2")
    elsewhere.files["/"] = PAGE
    site.files["/"] = web.Response(status=301, headers={"Location": elsewhere.url("/")})
    outcome = await run_item(site.url("/"))
    assert isinstance(outcome, Skip)
    assert (note_of(outcome), outcome.result.contents) == ("moved_off_site", None)
    assert outcome.result.facts["final_url"] == elsewhere.url("/")


async def test_a_certificate_that_is_not_valid_fails_for_good(new_site, run_item):
    site = await secure(new_site)
    outcome = await run_item(site.url("/"))
    assert isinstance(outcome, Fail)
    assert outcome.reason.startswith("tls_invalid: ")


async def test_it_is_fetched_unverified_where_the_operator_allows_it_and_marked(new_site, run_item):
    site = await secure(new_site)
    outcome = await run_item(site.url("/"), allow_unverified_tls=True)
    assert isinstance(outcome, Done)
    assert outcome.result.facts["unverified_tls"] is True
    site.files["/robots.txt"] = "User-agent: *\nDisallow: /"
    assert (await run_item(site.url("/"), allow_unverified_tls=True)).reason.startswith("robots_disallowed: ")


async def secure(new_site):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)  # of an authority that nobody trusts
    site = await new_site(tls=context)
    site.files["/"] = PAGE
    return site


# -- attacks ----------------------------------------------------------------------------------------------------


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    await response.prepare(request)
    while True:
        await response.write(b"<p>more" * 9_000)


async def drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    await response.prepare(request)
    while True:
        await response.write(b"<")
        await asyncio.sleep(0.05)


def bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(100)) + packer.flush()


HTML = {"Content-Type": "text/html"}


@pytest.mark.parametrize(
    ("attack", "code", "kind", "bounds"),
    [
        (endless, "too_large", Fail, {}),
        (drip, "timeout", Retry, {"fetch_total_seconds": 0.5}),
        (web.Response(body=bomb(), headers={**HTML, "Content-Encoding": "gzip"}), "too_large", Fail, {}),
        (web.Response(headers={**HTML, **{f"X-{n}": "y" * 1000 for n in range(300)}}), "headers_too_large", Fail, {}),
        (b"<div>" * 60_000, "too_deep", Fail, {}),
        (b"<div>" * 60_000 + b"</div>" * 60_000, "too_deep", Fail, {}),
        (b"<p " + b"".join(b"a%d=1 " % n for n in range(50_000)) + b">", "too_many_attributes", Fail, {}),
        (b"<p " + b"".join(b"a%d " % n for n in range(250_000)) + b">", "too_costly", Fail, {"read_cpu_seconds": 0.5}),
        (b"<div></b>" * 200_000, "too_costly", Fail, {"read_cpu_seconds": 0.5}),
        (gzip.compress(b"x", mtime=0), None, Skip, {}),
    ],
    ids=[
        *("endless body", "drip", "gzip bomb", "endless headers", "nested", "nested and closed", "attributes"),
        *("attributes without values", "closed otherwise", "packed body without saying so"),
    ],
)
async def test_an_attack_ends_in_a_named_outcome_and_the_next_page_is_read(
    attack, code, kind, bounds, site, run_item, settings, sessions
):
    site.files |= {"/attack": attack, "/good": PAGE, "/robots.txt": ""}
    async with plugin.lifespan(settings(**bounds), sessions) as resources:
        ended = await run_item(site.url("/attack"), resources=resources)
        after = await run_item(site.url("/good"), resources=resources)
    assert isinstance(ended, kind)
    assert code is None or ended.reason.startswith(f"{code}: ")
    assert isinstance(after, Done)


async def test_a_reader_that_is_killed_from_outside_blames_no_page(site, run_item, settings, sessions):
    site.files |= {"/": PAGE, "/robots.txt": ""}
    async with plugin.lifespan(settings(), sessions) as resources:
        assert isinstance(await run_item(site.url("/"), resources=resources), Done)
        resources._reader._child.kill()  # noqa: SLF001 - as the kernel does when memory is short
        outcome = await run_item(site.url("/"), resources=resources)
        assert isinstance(outcome, Retry)
        assert outcome.reason.startswith("reader_died: ")
        assert isinstance(await run_item(site.url("/"), resources=resources), Done)


async def test_the_loop_goes_on_while_the_largest_page_is_read(site, run_item, settings, sessions):
    site.files |= {
        "/small": PAGE,
        "/robots.txt": "",
        "/large": (PAGE + "<p>call 650-253-0001 now</p>" * 60).encode() * 1_000,
    }
    turns: list[float] = []

    async def watch() -> None:
        clock = asyncio.get_running_loop().time
        while True:
            before = clock()
            await asyncio.sleep(0)
            turns.append(clock() - before)

    async with plugin.lifespan(settings(), sessions) as resources:
        await run_item(site.url("/small"), resources=resources)
        watcher = asyncio.create_task(watch())
        outcome = await run_item(site.url("/large"), resources=resources)
        watcher.cancel()
    assert isinstance(outcome, Done)
    print(f"longest turn of the loop: {max(turns) * 1000:.0f} ms of {sum(turns) * 1000:.0f}")
    assert max(turns) < sum(turns) / 4  # read on the loop, it would be nearly all


@pytest.mark.parametrize(("number", "kind"), [(1, Retry), (3, Retry), (4, Fail)])
def test_an_unforeseen_error_is_tried_again_and_fails_in_the_end(number, kind):
    attempt = Attempt("page-curation", "[1]", number=number, max_attempts=4)
    outcome = plugin.on_error(Page(additional_json=None), RuntimeError("a bug"), attempt)
    assert isinstance(outcome, kind)
    assert outcome.reason == "a bug"
    assert (outcome.result is not None and outcome.result.scrape_status) == (kind is Fail and "Error")


def test_the_last_attempt_that_an_operator_allows_fails():
    attempt = Attempt("page-curation", "[1]", number=2, max_attempts=2)
    assert isinstance(plugin.on_error(Page(), TimeoutError(), attempt), Fail)
