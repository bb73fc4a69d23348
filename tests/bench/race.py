"""Run contestants side by side: each in a process of its own, round after round, timed by the server's clock."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import database
import ours
from signals import GO, READY, Order
from tables import Key

HERE = Path(__file__).parent
DEADLINE = 300  # seconds; what takes longer hangs


@dataclass
class Contestant:
    """Something that works a queue.

    Args:
        name: As in the figures.
        script: Its program in this folder.
        items: How many rows it gets in a run.
        batch: Rows in a statement.
        key: Which table.
        rates: Items a second, of each round.
    """

    name: str
    script: str
    items: int
    batch: int
    key: Key = Key.BIGINT
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The median."""
        return median(self.rates)

    async def run(self, url: str) -> float:
        """Fill, run, and see when the last row was committed. Returns items a second."""
        order = Order(url, self.key, self.batch)
        await self._fill(order)
        process = await asyncio.create_subprocess_exec(
            *self._command(order),
            cwd=HERE,
            env=self._environment(order),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        ready = await process.stdout.readline()
        if ready.decode() != READY:
            raise RuntimeError(f"{self.name} did not get ready")
        started = await database.clock(url)
        process.stdin.write(GO.encode())
        await process.stdin.drain()
        try:
            async with asyncio.timeout(DEADLINE):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            raise
        if code:
            raise RuntimeError(f"{self.name} ended with exit code {code}")
        finish = await self._finished(order)
        if finish.rows != self.items or finish.at is None:
            raise RuntimeError(f"{self.name} finished {finish.rows} of {self.items} rows")
        return self.items / (finish.at - started).total_seconds()

    def _command(self, order: Order) -> list[str]:
        return [sys.executable, self.script, *order.words]

    def _environment(self, order: Order) -> dict[str, str]:
        return dict(os.environ)

    async def _fill(self, order: Order) -> None:
        await database.fill(order.url, order.key, self.items)

    async def _finished(self, order: Order) -> database.Finish:
        return await database.finished(order.url, order.key)


class Ours(Contestant):
    """The engine; its script is the name of a plugin for both keys."""

    def _command(self, order: Order) -> list[str]:
        return ours.command(f"{self.script}_{self.key}", "--until-idle")

    def _environment(self, order: Order) -> dict[str, str]:
        return ours.environment(order.url, batch_size=self.batch, concurrency=2 * self.batch)


class Saving(Ours):
    """The engine with a plugin that writes a row for each item."""

    async def _finished(self, order: Order) -> database.Finish:
        written = await database.results(order.url)
        if written != self.items:
            raise RuntimeError(f"{self.name} wrote {written} rows for {self.items} items")
        return await super()._finished(order)


class Peer(Contestant):
    """A contestant with tables of its own."""

    async def _fill(self, order: Order) -> None:
        import peer  # noqa: PLC0415 - only where it is installed

        await database.fill(order.url, order.key, 1)
        await peer.fill(order.dsn, self.items)
        await database.settle_down(database.connect(order.url))

    async def _finished(self, order: Order) -> database.Finish:
        import peer  # noqa: PLC0415 - as above

        return await peer.finished(order.dsn)


async def race(url: str, contestants: list[Contestant], rounds: int) -> None:
    """Run everybody once a round, so that whatever else the machine does meets all of them."""
    for number in range(1, rounds + 1):
        for contestant in contestants:
            rate = await contestant.run(url)
            contestant.rates.append(rate)
            print(f"round {number}: {contestant.name:22}{rate:10,.0f} items/s", file=sys.stderr, flush=True)
