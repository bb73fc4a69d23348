"""One table of the configuration made into its model, and what pydantic has to say turned into problems."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from curation_core.errors import did_you_mean
from curation_core.settings.file import KeyPath
from curation_core.settings.keys import Catalogue, Key
from curation_core.settings.problems import NOT_SET, Problem, dotted, shown_value
from curation_core.settings.sources import Entry, Layer

M = TypeVar("M", bound=BaseModel)

_logger = logging.getLogger("curation_core.settings")

_DURATION = "should be a duration such as '90s', '5m', '1h' or a number of seconds"
_ONE_SCHEDULE = ("every", "cron")


def merge(layers: Iterable[Mapping[KeyPath, Entry]], path: KeyPath) -> dict[KeyPath, Entry]:
    """What holds under a table: of each key the entry of the last layer that sets it.

    ``every`` and ``cron`` say the same thing in two ways, so that a layer that sets one takes the other away.
    """
    merged: dict[KeyPath, Entry] = {}
    schedule = [(*path, name) for name in _ONE_SCHEDULE]
    for layer in layers:
        if any(key in layer for key in schedule):
            for key in schedule:
                merged.pop(key, None)
        merged.update({key: entry for key, entry in layer.items() if key[: len(path)] == path})
    return merged


def require_one_schedule(layer: Layer, path: KeyPath) -> None:
    """Note it where one source sets both; what pydantic says of it comes only once all else is right."""
    every, cron = ((*path, name) for name in _ONE_SCHEDULE)
    if every in layer.entries and cron in layer.entries:
        layer.problem(cron, layer.entries[cron].place, "set `every` or `cron`, not both")
        del layer.entries[cron]


def build(
    model: type[M], path: KeyPath, entries: Mapping[KeyPath, Entry], catalogue: Catalogue, *, complete: bool = True
) -> tuple[M | None, list[Problem]]:
    """Validate a table. Each key in it that is deprecated is logged as a warning.

    Args:
        model: What the table must be.
        path: The table.
        entries: What is set in it.
        catalogue: The keys there are.
        complete: Whether a missing required key is a problem.

    Returns:
        The model's instance and no problem; or ``None`` and the problems.
    """
    for entry in entries.values():
        if entry.key.deprecated:
            _logger.warning("%s  %s  is deprecated: %s", dotted(entry.key.path), entry.place, entry.key.deprecated)
    details: Sequence[ErrorDetails]
    try:
        return model.model_validate(_nested(path, entries)), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    except Exception as error:  # noqa: BLE001 - a plugin's own validator may raise anything
        message = _redacted(f"{type(error).__name__}: {error}", entries)
        return None, [Problem(dotted(path), _latest_place(entries), message)]
    problems: dict[tuple[str, str, str], list[str]] = {}
    for detail in details:
        if detail["type"] != "missing" or complete:
            where, message = _explain(detail, path, entries, catalogue)
            problems.setdefault(where, []).append(_redacted(message, entries))
    return None, [
        Problem(key, place, " or ".join(dict.fromkeys(messages)) + got)
        for (key, place, got), messages in problems.items()
    ]


def _nested(path: KeyPath, entries: Mapping[KeyPath, Entry]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, entry in entries.items():
        *tables, name = key[len(path) :]
        inner = table
        for part in tables:
            inner = inner.setdefault(part, {})
        inner[name] = entry.value
    return table


def _explain(
    detail: ErrorDetails, path: KeyPath, entries: Mapping[KeyPath, Entry], catalogue: Catalogue
) -> tuple[tuple[str, str, str], str]:
    """Where it is wrong (key, place, the value), and what is."""
    location = detail["loc"]
    full = path + tuple(str(part) for part in location)
    entry = next((entries[full[:end]] for end in range(len(full), len(path), -1) if full[:end] in entries), None)
    if entry is None and detail["type"] == "missing":
        return (dotted(full), NOT_SET, ""), _how_to_set(catalogue.keys.get(full))
    if entry is None:
        return (dotted(path), _latest_place(entries), ""), _message(detail)
    key, value = dotted(entry.key.path), entry.value
    for part in location[len(entry.key.path) - len(path) :]:
        if isinstance(part, int) and isinstance(value, (list, tuple)):  # a string names an arm of a union
            key, value = f"{key}[{part}]", value[part]
    got = "" if entry.key.secret else f", got {shown_value(value)}{_suggestion(detail, value)}"
    return (key, entry.place, got), _message(detail)


def _suggestion(detail: ErrorDetails, value: Any) -> str:
    if detail["type"] != "literal_error" or not isinstance(value, str):
        return ""
    return did_you_mean(value, re.findall(r"'([^']*)'", detail.get("ctx", {}).get("expected", "")))


def _message(detail: ErrorDetails) -> str:
    if detail["type"].startswith("time_delta_"):
        return _DURATION
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = message.replace("datetime.timedelta(0)", "0 seconds")
    if message.startswith("Input should "):
        message = message.removeprefix("Input ")
    return message


def _how_to_set(key: Key | None) -> str:
    if key is None:
        return "is required"
    if key.secret:
        return f"is required: set {key.variable}, or {key.variable}_FILE"
    return f"is required: set it in curation.toml, or {key.variable}"


def _latest_place(entries: Mapping[KeyPath, Entry]) -> str:
    return next((entry.place for entry in reversed([*entries.values()])), "")


def _redacted(message: str, entries: Mapping[KeyPath, Entry]) -> str:
    # A plugin's own validator may repeat the value it refuses.
    for entry in entries.values():
        if entry.key.secret:
            for text in _texts(entry.value):
                message = message.replace(text, "***").replace(repr(text)[1:-1], "***")
    return message


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
