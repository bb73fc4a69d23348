"""How many calls may be made in a day, by all hosts together.

A call is counted, and the count committed, before it is made: whatever dies after that, no call was made that was not
counted. One that fails is not taken off again, since it may have been billed.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import BigInteger, ColumnElement, Date, bindparam, cast, func, literal
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.sql.dml import ReturningInsert

from curation_deep_scan.models import DeepScanDay
from curation_deep_scan.pacific import PACIFIC

Sessions = async_sessionmaker[AsyncSession]
"""What makes short transactions: `async with sessions.begin() as session`."""


class UncountedError(Exception):
    """The call could not be counted, so it must not be made."""


class Budget:
    """The calls of the day.

    Args:
        sessions: Short transactions.
        calls_per_day: How many there may be.
    """

    def __init__(self, sessions: Sessions, calls_per_day: int) -> None:
        self._sessions = sessions
        self.calls_per_day = calls_per_day

    async def take(self) -> bool:
        """Count one call.

        Returns:
            Whether it may be made.

        Raises:
            UncountedError: The database is away, or refuses.
        """
        try:
            async with self._sessions.begin() as session:
                counted = await session.scalar(_count_one(), {"calls_per_day": self.calls_per_day})
        except Exception as error:
            message = f"the call could not be counted, so it was not made: {type(error).__name__}"
            raise UncountedError(message) from error
        return counted is not None


@cache  # not at import time: the table may be given another name then
def _count_one() -> ReturningInsert[int]:
    new = insert(DeepScanDay).values({DeepScanDay.day: _today(), DeepScanDay.calls: 1})
    return new.on_conflict_do_update(
        index_elements=[DeepScanDay.day],
        set_={DeepScanDay.__table__.c.calls: DeepScanDay.calls + 1},
        where=DeepScanDay.calls < bindparam("calls_per_day", type_=BigInteger),
    ).returning(DeepScanDay.calls)


def _today() -> ColumnElement[object]:
    # The database's clock, since hosts may disagree about when it is midnight.
    return cast(func.timezone(literal(PACIFIC.key), func.now()), Date)
