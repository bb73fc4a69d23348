"""The Retry-After header."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after_seconds(value: str | None, now: datetime, limit: float) -> float | None:
    """How long a server asks to wait.

    Args:
        value: The header: whole seconds or an HTTP date (RFC 9110, 10.2.3).
        now: The time it arrived, with a time zone.
        limit: The longest wait that is believed, in seconds.

    Returns:
        Seconds from 0 to ``limit``; ``None`` where there is no header or it can't be read.

    >>> retry_after_seconds("120", datetime.now(UTC), limit=60)
    60.0
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), limit))
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return min(max((date - now).total_seconds(), 0.0), limit)
