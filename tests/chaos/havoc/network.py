"""The way from the hosts to PostgreSQL, over loopback TCP: it can be cut, be slow, and go silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

from sqlalchemy.engine import make_url

from havoc.luck import luck

CHUNK = 2**16
CHANCE = luck("network")


class Network:
    """A proxy.

    Args:
        socket: The path of PostgreSQL's unix socket.

    Attributes:
        delay: Seconds at most that a packet takes in each direction; each takes between half of it and all.
        unreachable: Whether connections that are made now get no answer, ever.
    """

    port: int

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._wires: set[_Wire] = set()
        self.delay = 0.0
        self.unreachable = False

    @classmethod
    @asynccontextmanager
    async def open(cls, socket: str) -> AsyncIterator[Self]:
        """The proxy at work."""
        network = cls(socket)
        server = await asyncio.start_server(network._connect, "127.0.0.1", 0)
        network.port = server.sockets[0].getsockname()[1]
        try:
            yield network
        finally:
            server.close()
            network.cut()
            await asyncio.gather(*(wire.over.wait() for wire in set(network._wires)))

    def url(self, url: str) -> str:
        """A database's address by way of this network."""
        address = make_url(url).set(host="127.0.0.1", port=self.port, query={})
        return address.render_as_string(hide_password=False)

    def cut(self) -> None:
        """Reset every connection there is."""
        for wire in list(self._wires):
            wire.cut()

    def silence(self) -> None:
        """Let nothing pass on the connections there are, and close none: either end believes in the other for ever."""
        for wire in self._wires:
            wire.silent = True

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = _Wire(self, writer)
        wire.silent = self.unreachable
        self._wires.add(wire)
        try:
            with suppress(OSError):
                there, back = await asyncio.open_unix_connection(self._socket)
                wire.ends.append(back)
                await asyncio.gather(wire.carry(reader, back), wire.carry(there, writer))
        finally:
            wire.cut()
            self._wires.discard(wire)
            wire.over.set()


class _Wire:
    """One connection, both ways."""

    def __init__(self, network: Network, writer: asyncio.StreamWriter) -> None:
        self._network = network
        self.ends = [writer]
        self.silent = False
        self.over = asyncio.Event()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one direction to its end. In silence not even an end is heard of at the other side."""
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                if self.silent:
                    continue
                if self._network.delay:
                    await _takes(self._network.delay * CHANCE.uniform(0.5, 1))
                writer.write(data)
                await writer.drain()
        if not self.silent:
            self.cut()

    def cut(self) -> None:
        for end in self.ends:
            end.transport.abort()


async def _takes(seconds: float) -> None:
    arrived = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, arrived.set)
    await arrived.wait()
