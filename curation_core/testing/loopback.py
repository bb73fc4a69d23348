"""An HTTP server on loopback, in a thread of its own, whose answers can be held, delayed and broken."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, Self

from curation_core.testing.waiting import eventually

KEPT = 100_000
_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived.

    Args:
        method: ``GET``, …
        path: With its query.
        headers: By their names in lower case.
        body: What was sent.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says.

    Args:
        body: Text or bytes.
        status: The status code.
        headers: Further ones, as pairs.
        content_type: Of the body.
        delay: Seconds before it is said.
        broken: ``reset``: the connection is reset instead. ``truncated``: it ends in the middle of the body.
            ``garbage``: what is said is no HTTP. ``silence``: nothing is ever said.
    """

    body: str | bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "text/html; charset=utf-8"
    delay: float = 0.0
    broken: Literal["", "reset", "truncated", "garbage", "silence"] = ""

    @classmethod
    def of_json(cls, value: Any, status: int = 200) -> Self:
        """An answer of JSON.

        Args:
            value: What ``json.dumps`` takes.
            status: The status code.
        """
        return cls(json.dumps(value), status, content_type="application/json")

    def as_bytes(self) -> bytes:
        """The whole answer as it is sent."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        told = {"content-type": self.content_type, "content-length": str(len(body)), **dict(self.headers)}
        lines = [f"HTTP/1.1 {self.status} Answer", *(f"{name}: {value}" for name, value in told.items())]
        whole = "\r\n".join([*lines, "", ""]).encode() + body
        match self.broken:
            case "garbage":
                return b"\x00\xffno HTTP\r\n\r\n"
            case "truncated":
                return whole[: len(whole) - max(1, len(body) // 2)]
        return whole


NOT_FOUND = Answer("not found", 404)
Answers = Answer | Callable[[Request], Answer]


class Place:
    """Where a server is.

    Args:
        base_url: Its address without a path.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def url(self, path: str = "/") -> str:
        """The address of a path there.

        Args:
            path: With its leading slash.
        """
        return f"{self.base_url}{path}"


class LoopbackServer(Place):
    """Serves HTTP/1.1 on 127.0.0.1. A context manager; its calls may come from any thread and never wait long.

    Attributes:
        requests: What arrived, the last hundred thousand.
        waiting: How many requests are held at this moment.
    """

    _loop: asyncio.AbstractEventLoop
    _open: asyncio.Event
    _over: asyncio.Event

    def __init__(self) -> None:
        super().__init__("")
        self.requests: deque[Request] = deque(maxlen=KEPT)
        self.waiting = 0
        self._answers: dict[str, Answers] = {}
        self._otherwise: Answers = NOT_FOUND
        self._everywhere: Answers | None = None
        self._slow = 0.0
        self._clients: set[asyncio.Task[None]] = set()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="loopback server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    # -- what it says -----------------------------------------------------------------------------------------------

    def answer(self, path: str, answer: Answers) -> str:
        """Say what to answer to a path.

        Args:
            path: Without a query.
            answer: An `Answer`, or a function that makes one of a `Request`.

        Returns:
            The path's address.
        """
        self._answers[path] = answer
        return self.url(path)

    def otherwise(self, answer: Answers) -> None:
        """Say what to answer to every other path; at first that is 404.

        Args:
            answer: As for `answer`.
        """
        self._otherwise = answer

    @contextmanager
    def everywhere(self, answer: Answers) -> Iterator[None]:
        """Say the same to every path, for as long as the context lasts.

        Args:
            answer: As for `answer`.
        """
        self._everywhere = answer
        try:
            yield
        finally:
            self._everywhere = None

    @contextmanager
    def held(self) -> Iterator[Self]:
        """Let every request wait, for as long as the context lasts; then each has its answer."""
        self._loop.call_soon_threadsafe(self._open.clear)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._open.set)

    def let_on(self) -> None:
        """Answer what is held now, and go on to hold what comes."""
        for order in (self._open.set, self._open.clear):
            self._loop.call_soon_threadsafe(order)

    @contextmanager
    def slowly(self, seconds: float) -> Iterator[None]:
        """Let every answer take so much longer, for as long as the context lasts.

        Args:
            seconds: How long.
        """
        self._slow = seconds
        try:
            yield
        finally:
            self._slow = 0.0

    async def arrived(self, number: int = 1, deadline: float = 20.0) -> None:
        """Wait until so many requests are held.

        Args:
            number: How many.
            deadline: Seconds, as a failure guard.

        Raises:
            HarnessError: They did not come.
        """
        await eventually(lambda: self.waiting >= number, deadline)

    # -- in its thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.run(self._serve_until_over())

    async def _serve_until_over(self) -> None:
        self._loop, self._over, self._open = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        self._open.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_HEAD)
        self.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._started.set()
        await self._over.wait()
        server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await asyncio.sleep(0)  # transports close in the loop's next turn

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a stream's callback is always a task
        self._clients.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._answer_one(reader, writer):
                    pass
        finally:
            self._clients.discard(task)
            writer.transport.abort()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await _read(reader)
        self.requests.append(request)
        await self._wait_while_held(reader)
        answer = self._answer_to(request)
        if delay := answer.delay + self._slow:
            await asyncio.sleep(delay)
        if answer.broken == "silence":
            await reader.read()  # until the client goes
        if answer.broken in ("silence", "reset"):
            return False
        writer.write(answer.as_bytes())
        await writer.drain()
        if answer.broken:
            writer.close()
            await writer.wait_closed()
        return not answer.broken and request.headers.get("connection", "").lower() != "close"

    async def _wait_while_held(self, reader: asyncio.StreamReader) -> None:
        if self._open.is_set():
            return
        self.waiting += 1
        # Whoever gives up meanwhile is no longer held.
        gone, opened = asyncio.ensure_future(reader.read(1)), asyncio.ensure_future(self._open.wait())
        try:
            await asyncio.wait((gone, opened), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.waiting -= 1
            for each in (gone, opened):
                each.cancel()
            await asyncio.gather(gone, opened, return_exceptions=True)

    def _answer_to(self, request: Request) -> Answer:
        found = self._everywhere or self._answers.get(request.path.partition("?")[0], self._otherwise)
        return found if isinstance(found, Answer) else found(request)


async def _read(reader: asyncio.StreamReader) -> Request:
    opening = await reader.readexactly(1)
    if not opening.isalpha():  # TLS, most likely, which would wait for ever for an answer
        message = "no HTTP"
        raise ConnectionError(message)
    head = (opening + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, path, *_ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body)
