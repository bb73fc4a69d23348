"""What aiohttp's exceptions mean, as codes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError, LineTooLong

from curation_fetch.errors import AnswerRefused, FetchError, Unreachable, UrlRefused
from curation_fetch.guard import BlockedSocket
from curation_fetch.settings import FetchSettings
from curation_fetch.urls import shown

NO_SUCH_NAME = frozenset(
    code for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if (code := getattr(socket, name, None)) is not None
)
"""The resolver's answers that are final: the name does not exist, or has no address (NXDOMAIN, an empty answer).

All others, EAI_AGAIN above all, say that no answer was to be had (SERVFAIL, a timeout).
"""


@contextmanager
def translated(url: str, settings: FetchSettings) -> Iterator[None]:
    """Turn what aiohttp raises in the block into the errors of this library.

    Args:
        url: The address being fetched.
        settings: For the bounds that are named in the text.

    Raises:
        FetchError: Instead of any ``aiohttp.ClientError``, ``TimeoutError`` or ``OSError``.
    """
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError, UnicodeError) as error:
        raise meaning_of(error, shown(url), settings) from error


def meaning_of(error: BaseException, url: str, settings: FetchSettings) -> FetchError:
    """The error of this library for one of aiohttp's."""
    match error:
        case aiohttp.ClientConnectorError():
            return _connection_error(error, url)
        case TimeoutError():
            return Unreachable("timeout", _what_took_too_long(error, settings), url)
        case aiohttp.ClientPayloadError():
            return _body_error(error, url)
        case aiohttp.ClientResponseError():
            return _head_error(error, url, settings)
        case aiohttp.InvalidURL() | UnicodeError():
            return UrlRefused("invalid_url", "this is no address that can be fetched", url)
    return Unreachable("reset", f"the connection broke: {str(error) or type(error).__name__}", url)


def _connection_error(error: aiohttp.ClientConnectorError, url: str) -> FetchError:
    match error:
        case aiohttp.ClientConnectorCertificateError(certificate_error=reason):
            return Unreachable("tls_invalid", f"the server's certificate is not valid: {reason}", url)
        case aiohttp.ClientSSLError(os_error=reason):
            return Unreachable("tls_failed", f"no encrypted connection could be agreed on: {reason}", url)
        case aiohttp.ClientConnectorError(os_error=BlockedSocket() as reason):
            return UrlRefused("blocked_address", str(reason), url)
        case aiohttp.ClientConnectorDNSError(os_error=reason):
            if reason.errno in NO_SUCH_NAME:
                return Unreachable("dns_not_found", "the name does not exist", url)
            return Unreachable("dns_temporary", "the name could not be looked up", url)
    return Unreachable("connect_failed", f"no connection: {error.os_error.strerror or error.os_error}", url)


def _what_took_too_long(error: BaseException, settings: FetchSettings) -> str:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"no connection within {settings.connect_seconds:g} s"
    if isinstance(error, aiohttp.SocketTimeoutError):
        return f"nothing was sent for {settings.read_seconds:g} s"
    return f"not finished within {settings.total_seconds:g} s"


def _body_error(error: aiohttp.ClientPayloadError, url: str) -> FetchError:
    if _stems_from(error, ContentEncodingError):
        return AnswerRefused("bad_response", "the body can't be decompressed", url)
    return AnswerRefused("incomplete", "the connection ended before the body did", url)


def _head_error(error: aiohttp.ClientResponseError, url: str, settings: FetchSettings) -> FetchError:
    if _stems_from(error, LineTooLong):
        text = f"a header is longer than {settings.max_header_bytes} bytes"
        return AnswerRefused("headers_too_large", text, url)
    if "Too many" in error.message:  # aiohttp has no type of its own for the number of headers
        return AnswerRefused("headers_too_large", "there are too many headers", url)
    return AnswerRefused("bad_response", "the answer is not HTTP", url)


def _stems_from(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__
    return False
