"""Primary keys as people type them, made the texts that the engine names rows by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sqlalchemy import Column


def parse_item(text: str, key: Sequence[Column[Any]]) -> str:
    """Read one primary key: ``42``, ``b1c2…``, ``eu,7`` for two columns, or a JSON array ``["eu", 7]`` for any.

    Args:
        text: As it was typed.
        key: The primary key's columns.

    Returns:
        A JSON array of texts, one for each column; PostgreSQL casts them to the columns' types.

    Raises:
        click.BadParameter: It is no such key.
    """
    from curation_core._keys import item_of

    parts = _from_json(text) if text.lstrip().startswith("[") else None
    if parts is None:
        parts = [text] if len(key) == 1 else [part.strip() for part in text.split(",")]
    try:
        return item_of(parts, key)
    except ValueError as error:
        about = f"{text!r} " if str(error).startswith("has ") else ""
        message = f"{about}{error}"
        raise click.BadParameter(message) from None


def values_of(item: str) -> tuple[str, ...]:
    """The values of a primary key as texts: a number is the same with quotes and without.

    Args:
        item: A JSON array, as the engine names rows.
    """
    return tuple(_from_json(item) or ())


def _from_json(text: str) -> list[str] | None:
    try:
        values = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list) or any(value is None or isinstance(value, (list, dict)) for value in values):
        message = f"{text!r} is not a JSON array of texts and numbers"
        raise click.BadParameter(message)
    return [value if isinstance(value, str) else json.dumps(value) for value in values]
