"""An answer while it is being read, and after."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

import aiohttp

from curation_fetch.errors import AnswerRefused
from curation_fetch.settings import FetchSettings
from curation_fetch.translation import translated
from curation_fetch.urls import shown


@dataclass(frozen=True, slots=True)
class Page:
    """A whole answer.

    Args:
        status: The HTTP status, from 200 to 299.
        headers: The headers, to be looked up in any case.
        final_url: Where it came from after all redirects, in canonical form.
        body: The body.
    """

    status: int
    headers: Mapping[str, str]
    final_url: str
    body: bytes


class Response:
    """An answer whose body has not been read yet. Made by `Fetcher.stream`, and good only inside its block.

    Attributes:
        status: The HTTP status, from 200 to 299.
        headers: The headers, to be looked up in any case.
        final_url: Where it comes from after all redirects, in canonical form.
        received: Bytes of the body that `chunks` has handed out so far.
    """

    def __init__(self, answer: aiohttp.ClientResponse, final_url: str, limit: int, settings: FetchSettings) -> None:
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers
        self.final_url = final_url
        self.received = 0
        self._answer = answer
        self._limit = limit
        self._settings = settings

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body, piece by piece as it arrives.

        Raises:
            AnswerRefused: ``too_large``, ``incomplete`` or ``bad_response``.
            Unreachable: ``timeout`` or ``reset``.
        """
        pieces = self._answer.content.iter_any()
        while True:
            with translated(self.final_url, self._settings):
                piece = await anext(pieces, None)
            if piece is None:
                return
            self.received += len(piece)
            if self.received > self._limit:
                text = f"the body has more than {self._limit} bytes"
                raise AnswerRefused(code="too_large", text=text, url=shown(self.final_url))
            yield piece

    async def read(self) -> Page:
        """The whole answer at once.

        Raises:
            FetchError: As `chunks`.
        """
        body = b"".join([piece async for piece in self.chunks()])
        return Page(self.status, self.headers, self.final_url, body)
