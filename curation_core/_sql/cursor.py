"""Where the next window starts: a keyset over the order columns, so that rows already passed cost nothing.

Rows that wait for a retry stay queued and stand at the head of the order; rows just settled leave dead index entries
there for as long as any transaction in the cluster can still see them. A window that starts where the last one ended
reads neither. A leading column that may be null splits the order into two segments, values and nulls: no index
serves both with one range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, false, or_, true, tuple_

from curation_core._sql.rows import Rows, given, named
from curation_core.workflow import OrderColumn


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a workflow's order.

    Args:
        segment: Index into the segments of the order; see `segments`.
        after: The order columns of the last row seen, as text, or ``None`` at the start of the segment.
    """

    segment: int = 0
    after: tuple[str | None, ...] | None = None

    @property
    def at_start(self) -> bool:
        """Whether nothing was passed yet."""
        return self.segment == 0 and self.after is None

    def bind(self) -> dict[str, Any]:
        """The parameters of `beyond`."""
        return named(**{f"after_{at}": value for at, value in enumerate(self.after or ())})


def segments(rows: Rows) -> tuple[str, ...]:
    """The stretches of the order, in PostgreSQL's default placing of nulls: last ascending, first descending."""
    lead = rows.ordering[0]
    if not rows.may_be_null(lead.column):
        return ("values",)
    return ("nulls", "values") if lead.descending else ("values", "nulls")


def beyond(rows: Rows, cursor: Cursor) -> ColumnElement[bool]:
    """The condition that a row stands behind the cursor, within the cursor's segment."""
    lead = rows.ordering[0]
    nulls = segments(rows)[cursor.segment] == "nulls"
    inside = true() if len(segments(rows)) == 1 else lead.column.is_(None) if nulls else lead.column.is_not(None)
    if cursor.after is None:
        return inside
    ordering = rows.ordering[1:] if nulls else rows.ordering
    first = 1 if nulls else 0
    values = [
        rows.as_stored(given(f"after_{at}", Text), order.column) for at, order in enumerate(ordering, start=first)
    ]
    uniform = len({order.descending for order in ordering}) == 1
    if uniform and not any(rows.may_be_null(order.column) for order in ordering[0 if nulls else 1 :]):
        columns = tuple_(*(order.column for order in ordering))
        behind = columns < tuple_(*values) if ordering[0].descending else columns > tuple_(*values)
        return and_(inside, behind)
    # The exact condition is an OR and starts no index range; the bound on the leading column does.
    bound = true() if nulls else lead.column <= values[0] if lead.descending else lead.column >= values[0]
    return and_(inside, bound, _behind(rows, ordering, values))


def _behind(rows: Rows, ordering: tuple[OrderColumn, ...], values: list[Any]) -> ColumnElement[bool]:
    alternatives: list[ColumnElement[bool]] = []
    for at, (order, value) in enumerate(zip(ordering, values, strict=True)):
        column = order.column
        same = [before.column.is_not_distinct_from(values[i]) for i, before in enumerate(ordering[:at])]
        if not rows.may_be_null(column):
            step = column < value if order.descending else column > value
        elif order.descending:
            step = or_(column < value, and_(value.is_(None), column.is_not(None)))
        else:
            step = or_(column > value, and_(value.is_not(None), column.is_(None)))
        alternatives.append(and_(*same, step))
    return or_(false(), *alternatives)
