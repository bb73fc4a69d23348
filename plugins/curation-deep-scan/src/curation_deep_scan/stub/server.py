"""The stub's server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

from curation_deep_scan.stub.answers import StubAnswer, error

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def not_found(_place_id: str) -> StubAnswer:
    """What the API says of a place ID that holds no longer."""
    return error(404, "NOT_FOUND", "The Place ID is no longer valid: get a new one by a search.")


@dataclass(frozen=True, slots=True)
class Seen:
    """A call as it arrived.

    Args:
        place_id: For which place.
        path: The address, with its query.
        key: The API key that it brought.
        mask: The field mask.
        language: The language that was asked for.
    """

    place_id: str
    path: str
    key: str
    mask: str
    language: str


class PlacesStub:
    """Serves ``GET /v1/places/{id}`` on loopback. An async context manager.

    Args:
        api_key: The key it takes; any by default.
        port: Where it listens; any free one by default.
        otherwise: What to answer for a place of which nothing was said; not found by default.

    Attributes:
        calls: How many calls came for each place ID.
        seen: The calls, in their order.
    """

    def __init__(
        self, api_key: str = "", port: int = 0, otherwise: Callable[[str], StubAnswer | Handler] = not_found
    ) -> None:
        self.calls: Counter[str] = Counter()
        self.seen: list[Seen] = []
        self._api_key = api_key
        self._port = port
        self._otherwise = otherwise
        self._told: dict[str, list[StubAnswer | Handler]] = {}
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_get("/v1/places/{place_id}", self._answer)
        self._runner = runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._port).start()
        self._port = runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        """The setting ``base_url`` that leads here."""
        return f"http://127.0.0.1:{self._port}"

    def tell(self, place_id: str, *answers: StubAnswer | Handler) -> None:
        """Say what to answer for a place.

        Args:
            place_id: The place.
            answers: One after the other; the last stays. A handler of aiohttp may do anything.
        """
        self._told[place_id] = list(answers)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        place_id = request.match_info["place_id"]
        seen = Seen(
            place_id,
            request.path_qs,
            request.headers.get("X-Goog-Api-Key", ""),
            request.headers.get("X-Goog-FieldMask", ""),
            request.query.get("languageCode", ""),
        )
        self.calls[place_id] += 1
        self.seen.append(seen)
        answer = self._refused(seen) or self._next(place_id)
        if not isinstance(answer, StubAnswer):
            return await answer(request)
        if isinstance(answer.body, bytes):
            return web.Response(body=answer.body, status=answer.status, headers=answer.headers)
        body = _cut(answer.body, seen.mask) if answer.status == web.HTTPOk.status_code else answer.body
        return web.json_response(body, status=answer.status, headers=answer.headers)

    def _refused(self, seen: Seen) -> StubAnswer | None:
        if not seen.key:
            message = "Method doesn't allow unregistered callers (callers without established identity)."
            return error(403, "PERMISSION_DENIED", message, reason="CREDENTIALS_MISSING")
        if self._api_key and seen.key != self._api_key:
            message = "API key not valid. Please pass a valid API key."
            return error(400, "INVALID_ARGUMENT", message, reason="API_KEY_INVALID")
        if not seen.mask or " " in seen.mask:
            message = "FieldMask is a required parameter, without spaces."
            return error(400, "INVALID_ARGUMENT", message)
        return None

    def _next(self, place_id: str) -> StubAnswer | Handler:
        told = self._told.get(place_id)
        if not told:
            return self._otherwise(place_id)
        return told.pop(0) if len(told) > 1 else told[0]


def _cut(place: Mapping[str, Any], mask: str) -> dict[str, Any]:
    """What a field mask leaves of a place."""
    if mask == "*":
        return dict(place)
    cut: dict[str, Any] = {}
    for path in mask.split(","):
        name, _, inner = path.partition(".")
        if name not in place:
            continue
        value = place[name]
        if inner and isinstance(value, Mapping):
            cut[name] = {**cut.get(name, {}), **_cut(value, inner)}
        else:
            cut[name] = value
    return cut
