"""A row's key as a person or an application gives it, made the text that the engine is asked with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column


def item_of(parts: Sequence[Any], key: Sequence[Column[Any]]) -> str:
    """The text of a key: a JSON array of texts, one for each column; PostgreSQL casts them to the columns' types.

    Args:
        parts: The values of the key's columns, as such or as texts.
        key: The primary key's columns.

    Raises:
        ValueError: It is no such key. The message says what it has to be.
    """
    if len(parts) != len(key):
        names = ",".join(column.name for column in key)
        message = f"has {len(parts)} of the {len(key)} columns of the primary key ({names})"
        raise ValueError(message)
    return json.dumps([_text(part, column) for part, column in zip(parts, key, strict=True)])


def _text(part: Any, column: Column[Any]) -> str:
    text = str(part)
    try:
        kind = column.type.python_type
    except NotImplementedError:  # a type of the user's own: the database will say
        return text
    try:
        return str(int(text) if kind is int else UUID(text) if kind is UUID else text)
    except ValueError:
        message = f"{text!r} can't be the {column.name} of a row, which is of type {column.type}"
        raise ValueError(message) from None
