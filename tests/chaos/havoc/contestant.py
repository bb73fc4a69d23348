"""Who is put to the test: how its hosts are started, how it is given work, and what it says that it holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from havoc.server import Database

LOST_AFTER = 2.0
"""Seconds of silence after which a host is taken for dead: the least that the engine takes."""

CONCURRENCY = 50
WORK = 0.2
"""Seconds that an item takes: fifty at once make some 230 a second in each host, and the machine is not the limit."""


class Remains(NamedTuple):
    """What is left when nothing should be left to do.

    Args:
        zombies: Items that look as if somebody worked them.
        given_up: Queueings that ended as a failure, by a rule that the contestant has and has written down. The work
            itself never fails.
        charged: Attempts that counted and came to nothing.
    """

    zombies: int
    given_up: set[int]
    charged: int


class Contestant(Protocol):
    """A queue and its hosts."""

    name: str

    async def install(self, database: Database) -> None:
        """Make its own tables anew; those of ``havoc.tables`` are there."""

    async def queue(self, database: Database, items: int) -> None:
        """Queue so many new items, each with its queueing."""

    async def queued(self, database: Database) -> int:
        """How many items nobody works yet."""

    async def holding(self, database: Database) -> list[tuple[int, int]]:
        """Every queueing that a host has in hand, and its process."""

    async def idle(self, database: Database) -> bool:
        """Whether nothing is queued or held."""

    async def remains(self, database: Database) -> Remains:
        """What is left."""

    def command(self, url: str, folder: Path, calls: Path) -> Sequence[str]:
        """The command line of a host.

        Args:
            url: The database.
            folder: For a configuration.
            calls: The file that stands for the world outside.
        """


async def held_by(contestant: Contestant, database: Database, pid: int) -> set[int]:
    """The queueings that a host process holds at this moment."""
    return {queueing for queueing, holder in await contestant.holding(database) if holder == pid}


async def holder_of(contestant: Contestant, database: Database, queueing: int) -> int:
    """The process that holds a queueing; 0 where none does."""
    return dict(await contestant.holding(database)).get(queueing, 0)
