"""When a page was last changed, in the forms sitemaps and feeds have for it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before the web there were no pages
TOMORROW = timedelta(days=1)  # clocks and time zones differ; more is no date of change
W3C = re.compile(
    r"(?P<year>\d{4})"
    r"(?:(?P<mark>[-/.]?)(?P<month>\d{1,2})(?:(?P=mark)(?P<day>\d{1,2})"
    r"(?:(?:[Tt]|\s+)?(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
    r"\s*(?P<zone>[Zz]|UTC|GMT|(?P<sign>[+-])(?P<zone_hours>\d{2})(?::?(?P<zone_minutes>\d{2}))?)?)?)?)?",
    re.ASCII,
)
EPOCH = re.compile(r"\d{10}(?:\d{3})?", re.ASCII)  # seconds or milliseconds since 1970
END_OF_DAY = 24  # ISO 8601 allows this hour


def last_modified(text: str, now: datetime) -> datetime | None:
    """Read a date of change.

    Args:
        text: What stands in ``<lastmod>``, ``<pubDate>`` or ``<updated>``.
        now: The present, with a time zone.

    Returns:
        The time in UTC, to which a time without zone belongs too. ``None`` where it can't be read, lies before 1990 or
        after tomorrow.

    >>> last_modified("2024-05-06T07:08:09+02:00", now=datetime(2026, 1, 1, tzinfo=UTC))
    datetime.datetime(2024, 5, 6, 5, 8, 9, tzinfo=datetime.timezone.utc)
    """
    text = text.strip()
    if not text:
        return None
    try:
        time = _read(text)
        return time if time is not None and EARLIEST <= time <= now + TOMORROW else None
    except (ValueError, OverflowError):  # the 30th of February, the 25th hour, a zone beyond a day
        return None


def _read(text: str) -> datetime | None:
    if EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    match = W3C.fullmatch(text)
    if match is None:
        time = parsedate_to_datetime(text)  # RFC 822, in feeds
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    return _from_parts(match)


def _from_parts(part: re.Match[str]) -> datetime:
    hour = int(part["hour"] or 0)
    next_day = hour == END_OF_DAY
    zone = UTC
    if part["sign"]:
        offset = timedelta(hours=int(part["zone_hours"]), minutes=int(part["zone_minutes"] or 0))
        zone = timezone(-offset if part["sign"] == "-" else offset)
    time = datetime(
        int(part["year"]),
        int(part["month"] or 1),
        int(part["day"] or 1),
        0 if next_day else hour,
        int(part["minute"] or 0),
        min(int(part["second"] or 0), 59),  # a leap second
        int((part["fraction"] or "")[:6].ljust(6, "0")),
        tzinfo=zone,
    )
    return (time + timedelta(days=next_day)).astimezone(UTC)
