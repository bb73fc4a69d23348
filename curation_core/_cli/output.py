"""How commands answer: JSON for machines, a table for people, plain columns where the output is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import click


def write_json(value: Any) -> None:
    """One JSON document. Durations are seconds, times ISO 8601."""
    import json

    click.echo(json.dumps(value, indent=2, default=_plain, ensure_ascii=False))


def write_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """A table with the first row's keys as its heading; nothing where there is no row."""
    if not rows:
        return
    heading = [name.replace("_", " ") for name in rows[0]]
    cells = [[shown(value) for value in row.values()] for row in rows]
    if sys.stdout.isatty():
        _draw(heading, cells)
        return
    widths = [max(map(len, column)) for column in zip(heading, *cells, strict=True)]
    for line in (heading, *cells):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def shown(value: Any) -> str:
    """A value for a person.

    >>> shown(timedelta(seconds=90)), shown(None), shown(True)
    ('1m 30s', '-', 'yes')
    """
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return str(value.value if isinstance(value, Enum) else value)


def _draw(heading: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*heading, box=None, header_style="bold", pad_edge=False)
    for line in cells:
        table.add_row(*(Text(cell) for cell in line))  # as text: square brackets are no markup here
    Console().print(table)


def _duration(duration: timedelta) -> str:
    seconds = duration.total_seconds()
    if abs(seconds) < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:g}s"
    parts = []
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        parts += [f"{count:.0f}{unit}"] if count else []
    return " ".join(parts[:2])


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
