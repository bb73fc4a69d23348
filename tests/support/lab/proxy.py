"""A proxy before PostgreSQL that loses answers: the server has done what was asked, and nobody hears of it."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager, suppress

from sqlalchemy.engine import make_url

READY = b"Z\x00\x00\x00\x05"  # ReadyForQuery: the statement's transaction has ended
PARSE = re.compile(rb"P.{4}([\w]*)\x00", re.DOTALL)


class Proxy:
    """Passes everything on, until it is told to lose the next answer.

    Attributes:
        url: Of the database, by way of the proxy.
        lost: How many answers were lost.
    """

    def __init__(self, url):
        address = make_url(url)
        self._folder = address.query["host"]
        self._address = address
        self._marker = None
        self.lost = 0
        self._connections = set()
        self._lines = []

    def lose_answer_to(self, marker):
        """Cut the connection on which the next statement that has these bytes in it was executed, after its end."""
        self._marker = marker.encode()

    def swallow(self):
        """Pass on nothing more on the connections there are, and leave them open: a network that drops packets."""
        for line in self._lines:
            line.dead = True

    def cut_all(self):
        """Cut every connection."""
        for writer in self._connections:
            writer.transport.abort()

    @asynccontextmanager
    async def open(self):
        """The proxy at work."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.url = self._address.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
        try:
            yield self
        finally:
            server.close()
            self.cut_all()

    async def _serve(self, reader, writer):
        self._connections.add(writer)
        with suppress(ConnectionError):
            there, back = await asyncio.open_unix_connection(f"{self._folder}/.s.PGSQL.5432")
            self._connections.add(back)
            line = Line(self)
            self._lines.append(line)
            await asyncio.gather(line.ask(reader, back), line.answer(there, writer), return_exceptions=True)
            back.transport.abort()
        writer.transport.abort()


class Line:
    """One connection through the proxy."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.named = {}
        self.losing = False
        self.dead = False

    async def ask(self, reader, writer):
        """Pass on what the client says, and see whether it is what is waited for."""
        while data := await reader.read(2**16):
            if self.dead:
                continue
            if found := PARSE.match(data):
                self.named[found[1]] = data
            marker = self.proxy._marker  # noqa: SLF001 - the line is a part of the proxy
            if marker is not None and self._executes(data, marker):
                self.losing = True
            writer.write(data)
            await writer.drain()
        writer.close()

    def _executes(self, data, marker):
        if data[:1] == b"Q":
            return marker in data
        if data[:1] != b"B":
            return False
        name = data[5:].split(b"\x00")[1]
        return marker in self.named.get(name, b"")

    async def answer(self, reader, writer):
        """Pass on what the server says, unless this is the answer to lose."""
        while data := await reader.read(2**16):
            if self.dead:
                continue
            if self.losing:
                if READY in data[-6:]:
                    self.proxy._marker = None  # noqa: SLF001 - likewise
                    self.proxy.lost += 1
                    writer.transport.abort()
                    return
                continue
            writer.write(data)
            await writer.drain()
        writer.close()
