"""The configuration file: which one it is, what it says, and on which line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curation_core.errors import ConfigurationError

KeyPath = tuple[str, ...]

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
_DOTTED = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_AT_LINE = re.compile(r"at line (\d+)")
_BLANK = re.compile(r"\s+|#[^\n]*")
_HEADER = re.compile(rf"\[\[?[ \t]*({_DOTTED})[ \t]*\]\]?")
_ASSIGNED = re.compile(rf"({_DOTTED})[ \t]*=")
_TOKEN = re.compile(
    r'"""(?:\\.|(?!""").)*"{3,5}|'  # a text of several lines may end in two quotes of its own
    r"'''(?:(?!''').)*'{3,5}|"
    r'"(?:\\.|[^"\\\n])*"|'
    r"'[^'\n]*'|#[^\n]*|[\[\]{}\n]",
    re.DOTALL,
)


@dataclass(frozen=True)
class Document:
    """A configuration file that was read.

    Args:
        name: As the operator wrote it, for messages.
        table: What it says. It may hold what should not be there, hence never shown.
        lines: On which line each key of the whole file stands.
        above: In ``pyproject.toml``, the tables around ours.
    """

    name: str
    table: dict[str, Any] = field(repr=False)
    lines: Mapping[KeyPath, int] = field(repr=False)
    above: KeyPath = ()

    def place(self, path: KeyPath) -> str:
        """Where a key stands: ``curation.toml:8``; of one inside a value, where the value begins."""
        whole = self.above + path
        while whole and whole not in self.lines:
            whole = whole[:-1]
        return f"{self.name}:{self.lines[whole]}" if whole else self.name


def read_document(chosen: str | None, chosen_by: str) -> Document | None:
    """Read the chosen file, or ``curation.toml``, or ``[tool.curation]`` of ``pyproject.toml`` in the current folder.

    Args:
        chosen: The file the operator asked for.
        chosen_by: How: the option or the variable, for messages.

    Returns:
        The document, or ``None`` where there is none.

    Raises:
        ConfigurationError: The chosen file is not there, or a file is no TOML.
    """
    if chosen is not None:
        if not Path(chosen).is_file():
            raise ConfigurationError([f"{chosen_by}: there is no file {chosen!r}"])
        return _parse(Path(chosen))
    if Path("curation.toml").is_file():
        return _parse(Path("curation.toml"))
    if Path("pyproject.toml").is_file():
        document = _parse(Path("pyproject.toml"))
        return document if document.table else None
    return None


def _parse(path: Path) -> Document:
    try:
        text = path.read_bytes().decode().replace("\r\n", "\n")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{path}: can't be read: {error}"]) from None
    except (ValueError, RecursionError) as error:  # a ValueError: a number of more digits than int() takes
        at = _AT_LINE.search(str(error))
        raise ConfigurationError([f"{path}{f':{at[1]}' if at else ''}: is not TOML: {error}"]) from None
    if path.name != "pyproject.toml":
        return Document(str(path), table, key_lines(text))
    tool = table.get("tool")
    ours = tool.get("curation", {}) if isinstance(tool, dict) else {}
    if not isinstance(ours, dict):
        raise ConfigurationError([f"{path}: tool.curation should be a table"])
    return Document(str(path), ours, key_lines(text), above=("tool", "curation"))


def key_lines(text: str) -> dict[KeyPath, int]:
    r"""The line, from 1, on which each table and key of a valid TOML text first stands.

    >>> key_lines('[host]\nlost_after = "20s"  # slow\n')
    {('host',): 1, ('host', 'lost_after'): 2}
    """
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    position, line = 0, 1
    while position < len(text):
        if blank := _BLANK.match(text, position):
            end = blank.end()
        elif header := _HEADER.match(text, position):
            table = _path(header[1])
            _note(lines, table, line)
            end = header.end()
        elif assigned := _ASSIGNED.match(text, position):
            _note(lines, table + _path(assigned[1]), line)
            end = _end_of_value(text, assigned.end())
        else:
            break
        line += text.count("\n", position, end)
        position = end
    return lines


def _note(lines: dict[KeyPath, int], path: KeyPath, line: int) -> None:
    for length in range(1, len(path) + 1):
        lines.setdefault(path[:length], line)


def _path(dotted: str) -> KeyPath:
    node: Any = tomllib.loads(f"{dotted} = 0")
    path: list[str] = []
    while isinstance(node, dict):
        ((name, node),) = node.items()
        path.append(name)
    return tuple(path)


def _end_of_value(text: str, start: int) -> int:
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        elif token[0] == "\n" and depth == 0:
            return token.end()
    return len(text)
