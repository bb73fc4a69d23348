"""What is wrong with a configuration, said so that a person can put it right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from curation_core.errors import ConfigurationError
from curation_core.settings.file import KeyPath

NOT_SET = "not set"
"""The place of a key that is nowhere."""

_WIDEST = 80  # of a value, in characters
_COLUMN = 44  # of the keys, so that one long key does not push the others' places off the screen


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Args:
        key: The key, dotted; or the variable that names none.
        place: File and line, variable, or command line.
        message: What was expected and what was found, never a secret's value.
    """

    key: str
    place: str
    message: str


def dotted(path: KeyPath) -> str:
    """A key as one reads it: ``workflows.deep-scan.batch_size``."""
    return ".".join(path)


def shown_value(value: Any) -> str:
    """A value for a message: cut short, and in one line."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - an integer of more digits than repr() writes, a plugin's own class
        return f"a {type(value).__name__}"
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…"


def kind_of(value: Any) -> str:
    """What sort of thing a value is, where the value itself must not be shown."""
    names = {dict: "a table", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), f"a {type(value).__name__}")


def configuration_error(problems: Iterable[Problem]) -> ConfigurationError:
    """All problems as one error, each once."""
    listed = list(dict.fromkeys(problems))
    refused = {problem.key for problem in listed if problem.place != NOT_SET}
    found = [problem for problem in listed if problem.place != NOT_SET or problem.key not in refused]
    widest = min(_COLUMN, max(len(problem.key) for problem in found))
    return ConfigurationError([f"{problem.key:<{widest}}  {problem.place}  {problem.message}" for problem in found])
