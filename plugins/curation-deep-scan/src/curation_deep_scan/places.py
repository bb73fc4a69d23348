"""The one call: a GET of Place Details, New, with all its bounds.

It is sent once, and once only: each may be billed. And no redirect is followed, because the key would go along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NoReturn, Self
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from curation_deep_scan.settings import DeepScanSettings

MAX_BODY = 2**20
"""Bytes of an answer, unpacked: a place with all its fields and reviews has some 50 KB."""
USER_AGENT = "curation-deep-scan/0.1 (+https://curation-core.readthedocs.io)"
_GOOGLE_KEY = re.compile(r"AIza[\w-]{30,}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Args:
        status: The HTTP status.
        body: The JSON object in it; ``None`` where there is none.
        retry_after: Seconds of the header Retry-After.
    """

    status: int
    body: Mapping[str, Any] | None
    retry_after: float | None = None


class CallFailedError(Exception):
    """No answer came, or none that can be read. Another call may succeed.

    Args:
        code: A short stable word: ``timeout``, ``unreachable``, ``reset``, ``too_large``, ``bad_json``.
        text: What happened, for a person.
    """

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        super().__init__(f"{code}: {text}")


class PlacesClient:
    """Asks for places. An async context manager.

    Args:
        settings: Where, for what, and with which key.
    """

    def __init__(self, settings: DeepScanSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True),  # on a kept connection some calls would die on their way
            middlewares=[_once],
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._settings.timeout_seconds),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        )
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def details(self, place_id: str) -> Answer:
        """Ask for one place, once.

        Args:
            place_id: Its ID, which need not be a good one.

        Returns:
            The answer. No text in it has the key, which Google repeats in some of its messages.

        Raises:
            CallFailedError: There is none.
        """
        if self._session is None:
            message = "the client is not open: use `async with PlacesClient(…) as client:`"
            raise RuntimeError(message)
        query = urlencode({"languageCode": self._settings.language})
        url = URL(f"{self._settings.base_url}/v1/places/{quote(place_id, safe='')}?{query}", encoded=True)
        key = self._settings.api_key.get_secret_value()
        headers = {"X-Goog-Api-Key": key, "X-Goog-FieldMask": self._settings.profile.mask}
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                body = await _read(response)
                status, retry_after = response.status, _seconds(response.headers.get("Retry-After"))
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            failure = self._meaning(error)
        else:
            text = _GOOGLE_KEY.sub("***", body.decode("utf-8", "replace").replace(key, "***"))
            return Answer(status, _object(text, needed=status == HTTPStatus.OK), retry_after)
        # Raised out here: aiohttp's errors carry the request, and so the key, which must not hang on ours.
        raise failure

    def _meaning(self, error: Exception) -> CallFailedError:
        match error:
            case TimeoutError():
                return CallFailedError("timeout", f"no whole answer within {self._settings.timeout_seconds:g} s")
            case aiohttp.ClientConnectorError():
                return CallFailedError("unreachable", f"no connection: {error.os_error.strerror or 'refused'}")
            case aiohttp.ClientPayloadError() | aiohttp.ClientResponseError():
                return CallFailedError("bad_answer", "the answer is cut short, or not HTTP")
        return CallFailedError("reset", "the connection broke")


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a GET again by itself, which it does when the connection broke before the answer."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:  # it was not sent
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        pass
    raise CallFailedError(code="reset", text="the connection broke before the answer")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MAX_BODY:
            raise CallFailedError(code="too_large", text=f"the answer has more than {MAX_BODY} bytes")
    return bytes(body)


def _object(text: str, *, needed: bool) -> Mapping[str, Any] | None:
    try:
        body = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    if needed:
        raise CallFailedError(code="bad_json", text="the answer is no JSON object")
    return None


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)


def _seconds(value: str | None) -> float | None:
    """How long a header Retry-After asks to wait: whole seconds or an HTTP date (RFC 9110, 10.2.3).

    >>> _seconds("120"), _seconds("soon")
    (120.0, None)
    """
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value.strip()[:9])
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)
