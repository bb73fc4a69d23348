"""The day of Google's quotas: it ends at midnight Pacific time, whatever the clocks do there."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")


def until_midnight(now: datetime) -> timedelta:
    """How long today's quota still counts.

    Args:
        now: The time, with a time zone.

    Returns:
        More than nothing, and at most 25 hours: the day on which summer time ends has as many.

    >>> until_midnight(datetime(2026, 7, 1, 12, tzinfo=UTC))
    datetime.timedelta(seconds=68400)
    """
    tomorrow = now.astimezone(PACIFIC).date() + timedelta(days=1)
    # Python subtracts two times of one zone as if clocks never changed, hence both in UTC.
    return datetime.combine(tomorrow, time(), PACIFIC).astimezone(UTC) - now.astimezone(UTC)
