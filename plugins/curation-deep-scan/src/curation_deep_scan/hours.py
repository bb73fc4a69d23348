"""Opening hours: one line for each day becomes one column for each."""

from __future__ import annotations

import re
from collections.abc import Sequence

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_THIN_BLANKS = re.compile("[\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{NO-BREAK SPACE}]")


def hours_columns(lines: Sequence[str]) -> dict[str, str | None]:
    r"""The columns of the opening hours.

    Args:
        lines: ``weekdayDescriptions``, in English. With which day they begin depends on the region, so each is known
            by its name.

    Returns:
        All seven columns, ``None`` where there is no line.

    >>> hours_columns(["Sunday: Closed", "Monday: 9:00\u202fAM to 5:00\u202fPM"])["monday_hours"]
    '9:00 AM to 5:00 PM'
    """
    columns: dict[str, str | None] = {f"{day}_hours": None for day in DAYS}
    for line in lines:
        day, _, hours = line.partition(":")
        column = f"{day.strip().lower()}_hours"
        if column in columns:
            columns[column] = _THIN_BLANKS.sub(" ", hours).strip() or None
    return columns
