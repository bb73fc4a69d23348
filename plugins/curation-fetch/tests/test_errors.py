"""Everything that goes wrong ends in a named error, and the fetcher goes on."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver

from curation_fetch import AnswerRefused, Fetcher, FetchError, HttpStatus, Unreachable, UrlRefused
from curation_fetch.retry_after import retry_after_seconds

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


async def code_of(fetcher: Fetcher, url: str, **how: object) -> FetchError:
    with pytest.raises(FetchError) as raised:
        await fetcher.read(url, **how)
    return raised.value


# -- the status -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 451])
async def test_a_final_status_is_an_error_that_no_retry_helps(status, serve, loopback):
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, await serve(answer))
    assert isinstance(error, HttpStatus)
    assert (error.code, error.status, error.can_retry) == (f"http_{status}", status, False)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
async def test_a_passing_status_is_an_error_that_a_retry_may_help(status, serve, loopback):
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": "17"})

    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, await serve(answer))
    assert (error.code, error.can_retry, error.retry_after) == (f"http_{status}", True, 17)


@pytest.mark.parametrize("status", [300, 304, 301])
async def test_a_redirect_without_a_target_is_a_status_like_others(status, serve, loopback):
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with Fetcher(loopback()) as fetcher:
        assert (await code_of(fetcher, await serve(answer))).code == f"http_{status}"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("99999999999999999999", 3600),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300),
        (format_datetime(NOW - timedelta(minutes=5), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=5), usegmt=True), 3600),
        ("Monday, 23-Nov-26 12:01:00 GMT", 60),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("12.5", None),
        ("١٢", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_and_never_believed_for_ever(header, seconds):
    assert retry_after_seconds(header, NOW, limit=3600) == seconds


# -- redirects --------------------------------------------------------------------------------------------------


async def countdown(request: web.Request) -> web.Response:
    left = int(request.query["left"])
    if left:
        return web.Response(status=302, headers={"Location": f"/?left={left - 1}"})
    return web.Response(text="arrived")


async def test_five_redirects_are_followed_and_the_last_address_is_told(serve, loopback):
    base = await serve(countdown)
    async with Fetcher(loopback()) as fetcher:
        page = await fetcher.read(f"{base}/?left=5")
    assert (page.body, page.final_url) == (b"arrived", f"{base}/?left=0")


async def test_six_redirects_are_too_many(serve, loopback):
    base = await serve(countdown)
    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, f"{base}/?left=6")
    assert isinstance(error, UrlRefused)
    assert (error.code, error.can_retry) == ("too_many_redirects", False)


@pytest.mark.parametrize("target", ["/", "/#top", "/b", "http://user:pw@{host}/b"])
async def test_a_redirect_that_comes_back_is_a_loop(target, serve, loopback):
    async def circle(request: web.Request) -> web.Response:
        where = target.format(host=request.host) if request.path != "/b" else "/"
        return web.Response(status=302, headers={"Location": where})

    async with Fetcher(loopback()) as fetcher:
        assert (await code_of(fetcher, await serve(circle))).code == "redirect_loop"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("ftp://127.0.0.1/x", "redirect_scheme"),
        ("file:///etc/passwd", "redirect_scheme"),
        ("gopher://127.0.0.1:70/1", "redirect_scheme"),
        ("javascript:alert(1)", "redirect_scheme"),
        ("data:text/html,x", "redirect_scheme"),
        ("http://", "redirect_invalid"),
        ("http://a b/", "redirect_invalid"),
        ("http://127.0.0.1:99999/", "redirect_invalid"),
    ],
)
async def test_a_redirect_to_what_is_not_fetched_is_refused(target, code, serve, loopback):
    async def away(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": target})

    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, await serve(away))
    assert (error.code, error.can_retry) == (code, False)


async def test_a_redirect_in_raw_utf8_or_with_a_bad_byte_is_followed_or_refused_by_name(serve_raw, loopback):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if b"caf%C3%A9" in request:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        elif request.startswith(b"GET /bad"):
            writer.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /caf\xe9\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /caf\xc3\xa9\r\n\r\n")
        await writer.drain()

    base = await serve_raw(answer)
    async with Fetcher(loopback()) as fetcher:
        assert (await fetcher.read(base)).body == b"ok"
        assert (await code_of(fetcher, f"{base}/bad")).code == "redirect_invalid"


# -- addresses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "/x",
        "ftp://example.com/",
        "http://",
        "http://a b/",
        "http://[::1/",
        "http://x:99999/",
        "mailto:a@b.c",
    ],
)
async def test_what_is_no_http_address_is_refused_before_anything_is_sent(url, loopback):
    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, url)
    assert isinstance(error, UrlRefused)
    assert error.code == "invalid_url"


@pytest.mark.parametrize("host", ["a" * 64 + ".test", "a..test"])
async def test_a_name_that_dns_can_not_hold_is_an_invalid_address(host, loopback):
    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, f"http://{host}/")
    assert (error.code, error.can_retry) in {("invalid_url", False), ("dns_not_found", False)}


async def test_an_error_shows_neither_password_nor_query(serve, loopback):
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=404)

    base = await serve(answer)
    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, base.replace("//", "//ann:hunter2@") + "/map.xml?token=abc")
    assert str(error) == f"http_404: the server answered 404 ({base}/map.xml?…)"
    assert not hasattr(error.__cause__, "request_info")


async def test_credentials_are_not_sent(serve, loopback):
    seen: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.Response()

    base = await serve(answer)
    async with Fetcher(loopback()) as fetcher:
        await fetcher.read(base.replace("//", "//ann:hunter2@"))
    assert seen == [None]


# -- names ------------------------------------------------------------------------------------------------------


class Broken(AbstractResolver):
    def __init__(self, code: int) -> None:
        self.code = code

    async def resolve(self, _host, _port=0, _family=socket.AF_UNSPEC):
        raise socket.gaierror(self.code, "as getaddrinfo says it")

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("number", "code", "can_retry"),
    [
        (socket.EAI_NONAME, "dns_not_found", False),
        (socket.EAI_NODATA, "dns_not_found", False),
        (socket.EAI_AGAIN, "dns_temporary", True),
        (socket.EAI_FAIL, "dns_temporary", True),
        (socket.EAI_SYSTEM, "dns_temporary", True),
    ],
)
async def test_a_name_that_does_not_exist_is_told_from_one_that_can_not_be_looked_up(number, code, can_retry, loopback):
    async with Fetcher(loopback(), resolver=Broken(number)) as fetcher:
        error = await code_of(fetcher, "http://gone.test/")
    assert isinstance(error, Unreachable)
    assert (error.code, error.can_retry) == (code, can_retry)


# -- the connection ---------------------------------------------------------------------------------------------


async def test_a_closed_port_is_a_connection_that_failed(loopback):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, url)
    assert (error.code, error.can_retry) == ("connect_failed", True)


async def test_a_server_that_never_accepts_ends_at_the_connect_timeout(loopback):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:  # fill the backlog, so that the next connection is not answered
            each.settimeout(0)
            each.connect_ex(full.getsockname())
        async with Fetcher(loopback(connect_seconds=0.2)) as fetcher:
            error = await code_of(fetcher, f"http://127.0.0.1:{full.getsockname()[1]}/")
        for each in waiting:
            each.close()
    assert (error.code, error.can_retry) == ("timeout", True)
    assert "no connection within 0.2 s" in str(error)


async def test_a_connection_that_is_reset_before_the_answer_is_a_reset(serve_raw, loopback):
    async def hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, await serve_raw(hang_up))
    assert (error.code, error.can_retry) == ("reset", True)


async def test_a_request_that_dies_on_a_kept_connection_is_sent_again_at_once(serve_raw, loopback):
    connections = 0

    async def close_after_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")  # the next request on this connection gets no answer

    base = await serve_raw(close_after_one)
    async with Fetcher(loopback()) as fetcher:
        bodies = [(await fetcher.read(base)).body for _ in range(3)]
    assert bodies == [b"ok"] * 3
    assert connections == 3


async def test_a_body_that_ends_early_is_incomplete_after_what_came(serve_raw, loopback):
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()

    got = bytearray()

    async def read(fetcher: Fetcher, url: str) -> None:
        async with fetcher.stream(url) as response:
            async for chunk in response.chunks():
                got.extend(chunk)

    base = await serve_raw(cut)
    async with Fetcher(loopback()) as fetcher:
        with pytest.raises(AnswerRefused) as raised:
            await read(fetcher, base)
    assert got == b"half"
    assert (raised.value.code, raised.value.can_retry) == ("incomplete", True)


@pytest.mark.parametrize(
    "noise", [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x16\x03\x01\x00\x00\r\n\r\n"]
)
async def test_an_answer_that_is_not_http_is_named(noise, serve_raw, loopback):
    async def other_protocol(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(noise)
        await writer.drain()

    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, await serve_raw(other_protocol))
    assert isinstance(error, AnswerRefused)
    assert error.code == "bad_response"


# -- encryption -------------------------------------------------------------------------------------------------


def certified(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


async def hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def test_a_certificate_nobody_vouches_for_is_invalid_unless_verification_is_waived(serve, loopback):
    server, _ = certified("127.0.0.1")
    base = await serve(hello, tls=server)
    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, base)
        unverified = await fetcher.read(base, verify_tls=False)
    assert (error.code, error.can_retry) == ("tls_invalid", False)
    assert unverified.body == b"hello"


async def test_a_certificate_for_another_name_is_invalid(serve, loopback):
    server, client = certified("example.com")
    async with Fetcher(loopback(), tls=client) as fetcher:
        error = await code_of(fetcher, await serve(hello, tls=server))
    assert error.code == "tls_invalid"


async def test_a_certificate_that_is_vouched_for_is_accepted(serve, loopback):
    server, client = certified("127.0.0.1")
    async with Fetcher(loopback(), tls=client) as fetcher:
        assert (await fetcher.read(await serve(hello, tls=server))).body == b"hello"


async def test_https_to_a_server_that_speaks_plain_http_fails_by_name(serve, loopback):
    base = await serve(hello)
    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, base.replace("http:", "https:"))
    assert (error.code, error.can_retry) == ("tls_failed", False)


# -- too much, too slow -----------------------------------------------------------------------------------------


async def test_a_body_at_the_bound_is_read_and_one_byte_more_is_too_large(serve, loopback):
    async def sized(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * int(request.query["bytes"]))

    base = await serve(sized)
    async with Fetcher(loopback(max_body_bytes=1000)) as fetcher:
        assert len((await fetcher.read(f"{base}/?bytes=1000")).body) == 1000
        error = await code_of(fetcher, f"{base}/?bytes=1001")
        assert len((await fetcher.read(f"{base}/?bytes=2000", max_bytes=2000)).body) == 2000
    assert isinstance(error, AnswerRefused)
    assert (error.code, error.can_retry) == ("too_large", False)


async def test_an_endless_body_ends_at_the_bound(serve, loopback):
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    base = await serve(endless)
    async with Fetcher(loopback()) as fetcher:
        assert (await code_of(fetcher, base)).code == "too_large"


async def test_a_slow_drip_ends_at_the_total_timeout(serve_raw, loopback):
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)  # the server's pace is what is tested

    async with Fetcher(loopback(total_seconds=0.3, read_seconds=0.2)) as fetcher:
        error = await code_of(fetcher, await serve_raw(drip))
    assert (error.code, error.can_retry) == ("timeout", True)
    assert "not finished within 0.3 s" in str(error)


async def test_the_total_timeout_counts_redirects_too(serve, loopback):
    async def treadmill(request: web.Request) -> web.Response:
        await asyncio.sleep(0.15)  # each hop alone is well within the bound
        onward = f"/{int(request.path.strip('/') or 0) + 1}"
        raise web.HTTPFound(onward)

    async with Fetcher(loopback(total_seconds=0.4, max_redirects=100)) as fetcher:
        assert (await code_of(fetcher, await serve(treadmill))).code == "timeout"


async def test_silence_ends_at_the_read_timeout(serve_raw, loopback):
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with Fetcher(loopback(read_seconds=0.2)) as fetcher:
        error = await code_of(fetcher, await serve_raw(silent))
    assert error.code == "timeout"
    assert "nothing was sent for 0.2 s" in str(error)


@pytest.mark.parametrize(
    "headers",
    [
        b"X: " + b"y" * 4 * 2**20 + b"\r\n",
        b"".join(b"X-%d: %s\r\n" % (number, b"y" * 1000) for number in range(4000)),
    ],
    ids=["one header of 4 MB", "4 MB of headers"],
)
async def test_headers_that_do_not_end_are_too_large(headers, serve_raw, loopback):
    async def wordy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" + headers + b"Content-Length: 0\r\n\r\n")
        await writer.drain()

    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, await serve_raw(wordy))
    assert (error.code, error.can_retry) == ("headers_too_large", False)


# -- compression ------------------------------------------------------------------------------------------------


def compressed(body: bytes, encoding: str = "gzip"):
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Encoding": encoding})

    return answer


async def test_a_compressed_body_is_decoded_or_handed_out_as_it_came(serve, loopback):
    packed = gzip.compress(b"hello" * 1000, mtime=0)
    base = await serve(compressed(packed))
    async with Fetcher(loopback()) as fetcher:
        assert (await fetcher.read(base)).body == b"hello" * 1000
        assert (await fetcher.read(base, decode=False)).body == packed


async def test_a_gzip_bomb_ends_at_the_bound_and_takes_no_memory(serve, loopback):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(300)) + packer.flush()
    base = await serve(compressed(bomb))
    tracemalloc.start()
    try:
        async with Fetcher(loopback()) as fetcher:
            error = await code_of(fetcher, base)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert error.code == "too_large"
    assert peak < 20 * 2**20


async def test_a_body_that_is_not_what_its_encoding_says_is_named(serve, loopback):
    async with Fetcher(loopback()) as fetcher:
        error = await code_of(fetcher, await serve(compressed(b"this is no gzip")))
    assert (error.code, error.can_retry) == ("bad_response", True)


# -- afterwards -------------------------------------------------------------------------------------------------


async def test_after_an_error_the_next_fetch_works(serve, serve_raw, loopback):
    async def hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    bad, good = await serve_raw(hang_up), await serve(hello)
    async with Fetcher(loopback()) as fetcher:
        await code_of(fetcher, bad)
        assert (await fetcher.read(good)).body == b"hello"


async def test_an_error_of_the_caller_inside_the_block_stays_the_callers(serve, loopback):
    async def use(fetcher: Fetcher, url: str) -> None:
        async with fetcher.stream(url):
            message = "mine"
            raise TimeoutError(message)

    base = await serve(hello)
    async with Fetcher(loopback()) as fetcher:
        with pytest.raises(TimeoutError, match="mine"):
            await use(fetcher, base)


async def test_the_server_learns_who_calls(serve, loopback):
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers["User-Agent"])
        return web.Response()

    async with Fetcher(loopback(user_agent="acme-curator/2 (+https://acme.example/bot)")) as fetcher:
        await fetcher.read(await serve(answer))
    assert seen == ["acme-curator/2 (+https://acme.example/bot)"]


async def test_no_cookie_is_carried_from_one_fetch_to_the_next(serve, loopback):
    seen: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "id=1"})

    base = await serve(answer)
    async with Fetcher(loopback()) as fetcher:
        await fetcher.read(base)
        await fetcher.read(base)
    assert seen == [None, None]


async def test_a_fetcher_that_is_not_open_says_so(loopback):
    with pytest.raises(RuntimeError, match="async with Fetcher"):
        await Fetcher(loopback()).read("http://127.0.0.1/")


async def test_cancelling_the_caller_cancels_the_fetch(serve_raw, loopback):
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read()

    base = await serve_raw(silent)
    async with Fetcher(loopback()) as fetcher:
        task = asyncio.create_task(fetcher.read(base))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
