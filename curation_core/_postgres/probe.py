"""Is a server there, and does it answer? Asked as ``pg_isready`` asks, which not every installation has."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import quote, urlencode

SUPERUSER = "postgres"

_USUAL_PORT = 5432
_PROTOCOL = 3 << 16
_CANNOT_CONNECT_NOW = b"C57P03\0"
_PATIENCE = 1.0  # seconds, for a server whose queue of connections is full


class Answer(Enum):
    """What a server says to a new connection."""

    NOTHING = "nobody listens"
    NOT_YET = "it starts, recovers or stops"
    READY = "it takes connections"


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What a running server writes of itself into ``postmaster.pid``.

    Args:
        pid: Its process.
        socket_folder: Where its unix socket is; empty where it has none.
        port: What the socket's name ends with.
    """

    pid: int
    socket_folder: str
    port: int

    @classmethod
    def read(cls, data: Path) -> Postmaster | None:
        """Read it from a data folder; ``None`` where no server was started, or its file is not complete yet."""
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        match lines:
            case [pid, _data, _start_time, port, socket_folder, *_rest]:
                return cls(abs(int(pid)), socket_folder, int(port))
            case _:
                return None

    def address(self, driver: str = "") -> str:
        """Where to connect: ``postgresql://…`` or, with a driver, SQLAlchemy's ``postgresql+driver://…``."""
        query = {"host": self.socket_folder} | ({"port": str(self.port)} if self.port != _USUAL_PORT else {})
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        return f"{scheme}://{SUPERUSER}@/postgres?{urlencode(query, safe='/', quote_via=quote)}"

    def ask(self) -> Answer:
        """Open a connection, hear the first answer and close it again."""
        parameters = b"\0".join([b"user", SUPERUSER.encode(), b"database", b"postgres", b"", b""])
        hello = struct.pack("!ii", len(parameters) + 8, _PROTOCOL) + parameters
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_PATIENCE)
                connection.connect(f"{self.socket_folder}/.s.PGSQL.{self.port}")
                connection.sendall(hello)
                answer = connection.recv(1024)
                if answer[:1] == b"R":
                    connection.sendall(b"X\0\0\0\4")
        except (FileNotFoundError, ConnectionRefusedError):
            return Answer.NOTHING
        except OSError:
            return Answer.NOT_YET
        return Answer.NOT_YET if not answer or _CANNOT_CONNECT_NOW in answer else Answer.READY
