"""Everything at random, several things at once, for as long as one likes."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from havoc import people
from havoc.faults import FAULTS, Fault, Field, Kind
from havoc.luck import luck
from havoc.moments import lasts

QUIET = 10.0  # seconds at most between the end of one fault and the next of its kind
EDITS = 5  # a second


class Soak:
    """Faults of each kind one after the other, and those of different kinds side by side, while people edit rows.

    Args:
        seconds: How long.
        say: What to do with a line about each fault as it begins.

    Attributes:
        met: How often each fault happened.
    """

    def __init__(self, seconds: float, say: Callable[[str], None] = lambda _line: None) -> None:
        self._seconds = seconds
        self._say = say
        self.met: Counter[str] = Counter()

    async def __call__(self, on: Field) -> None:
        """Let it happen."""
        end = time.monotonic() + self._seconds
        seed = on.chance.random()
        async with asyncio.TaskGroup() as happening:
            happening.create_task(people.edit_for(on.server, self._seconds, luck(seed, "people"), EDITS))
            for kind in (Kind.SERVER, Kind.NETWORK, Kind.HOSTS):
                faults = [fault for fault, of in FAULTS.items() if of is kind]
                happening.create_task(self._go_on(on, faults, luck(seed, kind), end))
        on.struck.clear()  # how long their items waited says nothing where the server was away at the same time

    async def _go_on(self, on: Field, faults: Sequence[Fault], chance: Random, end: float) -> None:
        await lasts(chance.uniform(0, QUIET))
        while time.monotonic() < end:
            fault = chance.choice(faults)
            self._say(f"{end - time.monotonic():6.0f} s left: {fault.__name__}")
            self.met[fault.__name__] += 1
            await fault(on)
            await lasts(chance.uniform(0, QUIET))
