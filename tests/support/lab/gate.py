"""A gate before PostgreSQL: each statement waits there until a test lets it go, and connections can end at any of them.

It reads the wire protocol of both sides, so that what passes is what any client sends, and nothing of a client is
replaced: https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import asyncio
import re
import struct
from contextlib import asynccontextmanager, suppress

from sqlalchemy.engine import make_url

BEGINNING = re.compile(r"\s*begin\b", re.IGNORECASE)
OF_A_DRIVER = re.compile(r"pg_catalog|pg_type|current_setting|current_schema|\bshow\b|^\s*;?\s*$", re.IGNORECASE)
"""What a driver asks when it connects, and when it meets a type."""


class Stop:
    """A statement that waits at the gate.

    Args:
        line: The connection it came on.
        sql: Its text.
        frames: Its messages.

    Attributes:
        answered: Set when the server has done it.
        committed: Whether nothing was left open then: it was a commit, or a statement outside of any transaction.
    """

    def __init__(self, line, sql, frames):
        self.line = line
        self.sql = " ".join(sql.split())
        self.answered = asyncio.Event()
        self.committed = False
        self._frames = frames
        self._gone = asyncio.get_running_loop().create_future()

    @property
    def ends(self):
        """Whether it ends a transaction."""
        return self.sql.rstrip(";").upper() in {"COMMIT", "ROLLBACK"}

    def go(self, *, unheard=False):
        """Let the server have it; unheard, its answer is kept from the client for ever."""
        self.line.deaf = unheard
        self.line.running = self
        self.line.gate.waiting.remove(self)
        self._gone.set_result(None)

    async def passed(self):
        """Wait until it may go on, and hand it to the server."""
        await self._gone
        return self._frames

    def __repr__(self):
        return f"<{self.sql[:60]} of {self.line.pid}>"


class Gate:
    """Lets everything through until it is closed.

    Args:
        url: Of the database.
        moved: Called whenever something arrives, is answered or ends.
        open_to: A pattern of further statements that never wait.

    Attributes:
        url: Of the database, by way of the gate.
        closed: Whether statements wait; those that open a transaction, and a driver's own, never do.
        waiting: What waits, the oldest first.
        record: The text of each statement that came since the gate was closed.
    """

    def __init__(self, url, moved=lambda: None, open_to=None):
        self.open_to = open_to
        self._address = make_url(url)
        self._moved = moved
        self._arrived = asyncio.Event()
        self._lines = []
        self.url = ""
        self.closed = False
        self.waiting = []
        self.record = []

    @asynccontextmanager
    async def open(self):
        """The gate at its place."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        passing = self._address.set(host="127.0.0.1", port=port, query={"ssl": "disable"})
        self.url = passing.render_as_string(hide_password=False)
        try:
            yield self
        finally:
            server.close()
            self.cut()

    @property
    def running(self):
        """The statements that the server has and has not answered yet."""
        return [line.running for line in self._lines if line.running is not None]

    def cut(self):
        """End every connection, as the end of a process does. Returns the server's processes that served them."""
        self.waiting.clear()
        for line in self._lines:
            line.cut()
        return [line.pid for line in self._lines]

    async def arrival(self):
        """Wait until a statement waits here."""
        while not self.waiting:
            self._arrived.clear()
            await self._arrived.wait()
        return self.waiting[0]

    async def hold(self, line, sql, frames):
        """Keep a statement until it may go. Returns its messages."""
        stop = Stop(line, sql, frames)
        self.record.append(stop.sql)
        self.waiting.append(stop)
        self._arrived.set()
        self._moved()
        return await stop.passed()

    async def _serve(self, reader, writer):
        folder = self._address.query.get("host")
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            if folder:
                there, back = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{self._address.port or 5432}")
            else:
                there, back = await asyncio.open_connection(self._address.host, self._address.port or 5432)
            line = Line(self, writer, back)
            self._lines.append(line)
            asking = asyncio.create_task(line.ask(reader))
            try:
                await line.answer(there)
            finally:
                asking.cancel()
                line.cut()
                self._lines.remove(line)
                await asyncio.gather(asking, return_exceptions=True)
                self._moved()
        writer.transport.abort()

    def tell(self):
        """Say that something has happened."""
        self._moved()


class Line:
    """One connection through the gate.

    Attributes:
        pid: The server's process, as it told the client.
        running: The statement that the server works at.
        deaf: Nothing more that the server says is passed on.
    """

    def __init__(self, gate, client, server):
        self.gate = gate
        self._client = client
        self._server = server
        self._named = {}
        self._bound = b""
        self._sql = ""
        self._asking = False
        self.pid = 0
        self.running = None
        self.deaf = False

    def cut(self):
        """End both sides at once."""
        self._client.transport.abort()
        self._server.transport.abort()

    async def ask(self, reader):
        """Pass on what the client says, a message at a time."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            length = await reader.readexactly(4)
            self._server.write(length + await reader.readexactly(struct.unpack("!I", length)[0] - 4))
            while True:
                head = await reader.readexactly(5)
                frame = head + await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
                self._server.write(await self._passed(head[:1], frame))
        self.cut()

    async def _passed(self, kind, frame):
        """What the server is to have of a message now."""
        if kind == b"P":
            name, sql, _ = frame[5:].split(b"\0", 2)
            self._named[name] = sql.decode()
        elif kind == b"B":  # goes with its execution: planned, it would hold locks
            _, name, _ = frame[5:].split(b"\0", 2)
            self._sql = self._named.get(name, "")
            self._bound = frame
            return b""
        elif kind == b"E":
            frame, self._bound = self._bound + frame, b""
            return await self._held(self._sql, frame)
        elif kind == b"Q":
            return await self._held(frame[5:-1].decode(), frame)
        return frame

    async def _held(self, sql, frame):
        asked, self._asking = self._asking, bool(OF_A_DRIVER.search(sql))
        of_a_driver = self._asking or (asked and sql == "ROLLBACK;")  # with which it ends what it asked in
        if not self.gate.closed or of_a_driver or BEGINNING.match(sql):
            return frame
        if self.gate.open_to is not None and self.gate.open_to.match(sql):
            return frame
        return await self.gate.hold(self, sql, frame)

    async def answer(self, reader):
        """Pass on what the server says, unless it is to be unheard; see when it is ready for more."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readexactly(5)
                frame = head + await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
                if head[:1] == b"K":
                    (self.pid,) = struct.unpack("!I", frame[5:9])
                if not self.deaf:
                    self._client.write(frame)
                if head[:1] == b"Z" and self.running is not None:
                    self.running.committed = frame[5:] == b"I" and not self.running.sql.startswith("ROLLBACK")
                    self.running.answered.set()
                    self.running = None
                    self.gate.tell()
