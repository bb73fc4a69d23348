"""One connection to a host at a time and a gap between two, over all workers: the line stands in the database.

Each statement is a transaction of its own, and none is open while a host is asked or waited for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

from sqlalchemy import ColumnElement, Interval, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from curation_page_curation.models import HostSlot
from curation_page_curation.politeness import HostBusy

LOOK_AGAIN = 0.5
"""Seconds after which a host that another process is asking is looked at again."""

_log = logging.getLogger(__name__)


class HostSlots:
    """The turns at hosts.

    Args:
        sessions: Makes the sessions of the plugin's own.
        lease: Seconds after which a turn ends by itself, its worker having died.
        max_wait: Longest wait for a turn, in seconds.
    """

    def __init__(self, sessions: async_sessionmaker[AsyncSession], *, lease: float, max_wait: float) -> None:
        self._sessions = sessions
        self._lease = lease
        self._max_wait = max_wait
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def book(self, host: str, gap: float) -> None:
        """Take the next free time in a host's line, and wait for it.

        Args:
            host: The host.
            gap: Seconds that it wants between two requests.

        Raises:
            HostBusy: It is further away than the longest wait. The time is kept free: whoever comes back then need not
                book again.
        """
        wait = await self._scalar(_booked(host, gap))
        seconds = max(wait.total_seconds(), 0)
        if seconds > self._max_wait:
            raise HostBusy(host, seconds)
        await asyncio.sleep(seconds)

    @asynccontextmanager
    async def turn(self, host: str, gap: float) -> AsyncIterator[None]:
        """Be the only one who asks a host, and keep the others waiting for a while afterwards.

        Args:
            host: The host.
            gap: Seconds that it wants between the end of this request and the next.

        Raises:
            HostBusy: The turn did not come within the longest wait.
        """
        line = self._lines.setdefault(host, asyncio.Lock())
        holder = uuid4()
        try:
            async with asyncio.timeout(self._max_wait):
                await line.acquire()
        except TimeoutError:
            raise HostBusy(host, self._max_wait) from None
        try:
            await self._enter(host, holder)
            yield
        finally:
            try:
                await self._leave(host, holder, gap)
            finally:
                line.release()

    async def slow(self, host: str, seconds: float) -> None:
        """Let nobody ask a host for a while, because it said so."""
        until = func.clock_timestamp() + _interval(seconds)
        later = {
            HostSlot.next_at: func.greatest(HostSlot.next_at, until),
            HostSlot.free_at: func.greatest(HostSlot.free_at, until),
        }
        await self._run(update(HostSlot).where(HostSlot.host == host).values(later))

    async def _enter(self, host: str, holder: UUID) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._max_wait
        while not await self._scalar(_entered(host, holder, self._lease)):
            left, is_held = await self._row(_until_free(host))
            wait = max(left.total_seconds(), 0)
            if is_held:
                wait = min(wait, LOOK_AGAIN)
            if clock() + wait > deadline:
                raise HostBusy(host, max(left.total_seconds(), LOOK_AGAIN))
            await asyncio.sleep(wait)

    async def _leave(self, host: str, holder: UUID, gap: float) -> None:
        free = {HostSlot.free_at: func.clock_timestamp() + _interval(gap), HostSlot.holder: None}
        try:
            await self._run(update(HostSlot).where(HostSlot.host == host, HostSlot.holder == holder).values(free))
        except (
            SQLAlchemyError,
            OSError,
        ) as error:  # what was fetched must not be lost for it: the lease ends by itself
            _log.warning("the turn at %s could not be given back, it ends in %g s: %s", host, self._lease, error)

    async def _run(self, statement: Any) -> None:
        async with self._sessions.begin() as session:
            await session.execute(statement.execution_options(synchronize_session=False))

    async def _scalar(self, statement: Any) -> Any:
        async with self._sessions.begin() as session:
            return await session.scalar(statement)

    async def _row(self, statement: Any) -> tuple[timedelta, bool]:
        async with self._sessions.begin() as session:
            left, is_held = tuple((await session.execute(statement)).one())
            return left, is_held


def _interval(seconds: float) -> ColumnElement[timedelta]:
    return literal(timedelta(seconds=seconds), Interval)


def _booked(host: str, gap: float) -> Any:
    now: ColumnElement[datetime] = func.clock_timestamp()
    new = insert(HostSlot).values({HostSlot.host: host, HostSlot.next_at: now + _interval(gap), HostSlot.free_at: now})
    last = func.greatest(HostSlot.next_at, func.clock_timestamp())
    booked = new.on_conflict_do_update(index_elements=[HostSlot.host], set_={HostSlot.next_at: last + _interval(gap)})
    return booked.returning(HostSlot.next_at - _interval(gap) - func.clock_timestamp())


def _entered(host: str, holder: UUID, lease: float) -> Any:
    now: ColumnElement[datetime] = func.clock_timestamp()
    taken = {HostSlot.free_at: now + _interval(lease), HostSlot.holder: holder}
    new = insert(HostSlot).values({HostSlot.host: host, HostSlot.next_at: now, **taken})
    won = new.on_conflict_do_update(
        index_elements=[HostSlot.host], set_=taken, where=HostSlot.free_at <= func.clock_timestamp()
    )
    return won.returning(HostSlot.host)


def _until_free(host: str) -> Any:
    return select(HostSlot.free_at - func.clock_timestamp(), HostSlot.holder.is_not(None)).where(HostSlot.host == host)
