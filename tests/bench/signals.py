"""What a contestant and the benchmark tell each other over the contestant's standard streams."""

from __future__ import annotations

import sys
from typing import NamedTuple

from tables import Key

READY, GO = "ready\n", "go\n"


def dsn_of(url: str) -> str:
    """SQLAlchemy's URL as asyncpg itself and the engine's configuration take it."""
    return url.replace("+asyncpg", "", 1)


class Order(NamedTuple):
    """A contestant's command line.

    Args:
        url: SQLAlchemy's URL of the database.
        key: Which table.
        batch: Rows in a statement.
    """

    url: str
    key: Key
    batch: int

    @classmethod
    def read(cls) -> Order:
        """This process's."""
        url, key, batch = sys.argv[1:]
        return cls(url, Key(key), int(batch))

    @property
    def words(self) -> list[str]:
        """As a command line."""
        return [self.url, self.key, str(self.batch)]

    @property
    def dsn(self) -> str:
        """The database, for asyncpg itself."""
        return dsn_of(self.url)


def wait_for_the_start() -> None:
    """Say that this process has started and is connected, and return when its time runs. Blocks the event loop."""
    sys.stdout.write(READY)
    sys.stdout.flush()
    if sys.stdin.readline() != GO:
        sys.exit("the benchmark went away")
