"""What goes wrong, and where: a test puts a fault at a point of an item's way, and an engine meets it there."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

Point = Literal["claim", "before_process", "after_process", "before_settle", "in_settle", "after_settle"]
POINTS: tuple[Point, ...] = ("claim", "before_process", "after_process", "before_settle", "in_settle", "after_settle")
"""In the order in which an item comes by.

``claim``: the claim is committed, and its process has not heard of it yet. ``before_process``, ``after_process``:
around ``process_item``. ``before_settle``: the result is there, the transaction not yet. ``in_settle``: status and
effects are written and not committed. ``after_settle``: they are committed, and the process has not heard of it yet.
"""


@dataclass(frozen=True, slots=True)
class Raise:
    """An exception, at the point.

    Args:
        error: What is raised: every time the same object.
    """

    error: BaseException


@dataclass(frozen=True, slots=True)
class Die:
    """The end of the process by SIGKILL. For engines that `Harness.start` started: another would end the tests."""


@dataclass(frozen=True, slots=True)
class Delay:
    """A wait at the point.

    Args:
        seconds: How long.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The end of every connection that engines and plugins have to this database, as by a server that restarts."""


class Hold:
    """A wait at the point, until the test says go on.

    Attributes:
        waiting: How many wait here now.
    """

    def __init__(self) -> None:
        self.waiting = 0
        self._released = False
        self._changed = asyncio.Condition()

    async def arrived(self, number: int = 1, deadline: float = 20.0) -> None:
        """Wait until so many wait here.

        Args:
            number: How many.
            deadline: Seconds, as a failure guard.

        Raises:
            TimeoutError: They did not come.
        """
        async with asyncio.timeout(deadline), self._changed:
            await self._changed.wait_for(lambda: self.waiting >= number)

    async def release(self) -> None:
        """Let all go on, and all that come later."""
        async with self._changed:
            self._released = True
            self._changed.notify_all()

    async def pass_by(self) -> None:
        """Wait here: what an engine does."""
        async with self._changed:
            self.waiting += 1
            self._changed.notify_all()
            try:
                await self._changed.wait_for(lambda: self._released)
            finally:
                self.waiting -= 1


Fault = Raise | Die | Delay | Cut | Hold
AnyFault = TypeVar("AnyFault", bound=Fault)


class Faults:
    """The faults of a test.

    Args:
        mortal: Whether `Die` may end this process.
    """

    def __init__(self, *, mortal: bool = False) -> None:
        self._mortal = mortal
        self._planned: defaultdict[Point, list[Fault]] = defaultdict(list)

    def put(self, point: Point, fault: AnyFault, times: int = 1) -> AnyFault:
        """Put a fault at a point. Faults at one point are met one after the other.

        Args:
            point: Where.
            fault: What: `Raise`, `Die`, `Delay`, `Cut` or `Hold`.
            times: How often it is met.

        Returns:
            The fault.

        Raises:
            ValueError: There is no such point, or the fault would end the tests.
        """
        if point not in POINTS:
            message = f"there is no fault point {point!r}: take one of {', '.join(POINTS)}"
            raise ValueError(message)
        if isinstance(fault, Die) and not self._mortal:
            message = "Die() would end the tests themselves: give it to an engine of its own, harness.start(faults=…)"
            raise ValueError(message)
        self._planned[point] += [fault] * times
        return fault

    def clear(self) -> None:
        """Take away all that was not met yet."""
        self._planned.clear()

    async def reach(self, point: Point, cut: Callable[[], Awaitable[None]]) -> None:
        """Meet what is planned at a point: what an engine does.

        Args:
            point: Where it is.
            cut: Cuts the connections.
        """
        planned = self._planned.get(point)
        if not planned:
            return
        match planned.pop(0):
            case Raise(error):
                raise error
            case Die():
                os.kill(os.getpid(), signal.SIGKILL)
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case Cut():
                await cut()
            case Hold() as hold:
                await hold.pass_by()
