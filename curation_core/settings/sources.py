"""Where settings come from: the file, the environment and the command line, each as entries under known keys."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from curation_core.errors import did_you_mean
from curation_core.settings.addresses import has_password
from curation_core.settings.file import Document, KeyPath
from curation_core.settings.keys import PREFIX, Catalogue, Key, variable_of
from curation_core.settings.problems import Problem, dotted, kind_of

ELSEWHERE: Mapping[str, str] = {
    "CURATION_CONFIG": "the configuration file, like --config",
    "CURATION_PG_BIN": "folder of the PostgreSQL programs that curation starts where no database is configured",
    "CURATION_PG_HOME": "folder for that server's files where its account can't enter the configured one",
    "CURATION_TEST_DATABASE_URL": "the server that the test fixtures make their databases on",
}
"""Variables that are no settings but are read all the same, with their meaning."""

# Kubernetes gives every pod such variables for each service of its namespace, one called "curation" included.
_SERVICE_LINK = re.compile(
    r"(?!.*__)\w+(_SERVICE_HOST|_SERVICE_PORT(_\w+)?|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)
_FILE = "_FILE"


@dataclass(frozen=True, slots=True)
class Entry:
    """One value that was set.

    Args:
        key: Which key.
        value: To what. Never shown from here.
        place: Where.
    """

    key: Key
    value: Any = field(repr=False)
    place: str


@dataclass(frozen=True, slots=True)
class Layer:
    """What one source sets, and what is wrong with it."""

    entries: dict[KeyPath, Entry] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def put(self, key: Key, value: Any, place: str) -> None:
        """Set a key, once."""
        if key.path in self.entries:
            self.problem(key.path, place, f"is set already by {self.entries[key.path].place}: remove one")
        else:
            self.entries[key.path] = Entry(key, value, place)

    def problem(self, path: KeyPath, place: str, message: str) -> None:
        """Note that something is wrong."""
        self.problems.append(Problem(dotted(path), place, message))


def from_file(
    document: Document, catalogue: Catalogue, *, at: KeyPath = (), ignored: Collection[KeyPath] = ()
) -> Layer:
    """What a file sets below one table.

    Args:
        document: The file.
        catalogue: The keys there are.
        at: The table.
        ignored: Paths that are left out.
    """
    layer = Layer()

    def walk(value: Any, path: KeyPath) -> None:
        place = document.place(path)
        if path in ignored:
            return
        if path in catalogue.tables:
            if not isinstance(value, dict):
                layer.problem(path, place, f"should be a table, not {kind_of(value)}")
                return
            for name, inner in value.items():
                walk(inner, (*path, name))
        elif key := catalogue.keys.get(path):
            if refusal := _refused_in_file(key, value):
                layer.problem(path, place, refusal)
            else:
                layer.put(key, value, place)
        elif path[:-1] in catalogue.open_tables:
            layer.put(Key(path, Any, secret=False), value, place)
        else:
            layer.problem(path, place, _unknown(path, catalogue))

    table: Any = document.table
    for name in at:
        table = table.get(name, {})
    walk(table, at)
    return layer


def _refused_in_file(key: Key, value: Any) -> str:
    is_bare_address = key.path == ("database", "url") and not has_password(str(value))
    if key.secret and not is_bare_address:
        return f"secrets come from the environment only: set {key.variable}, or {key.variable}{_FILE}"
    if isinstance(value, bool) and key.annotation in (int, float, timedelta):
        return "should be a number, not true or false"  # pydantic takes true for 1
    return ""


def _unknown(path: KeyPath, catalogue: Catalogue) -> str:
    choices = catalogue.names_in(path[:-1])
    if path[:-1] == ("workflows",):
        return f"no loaded plugin declares this workflow{did_you_mean(path[-1], choices)}"
    if path[0] == "workflows" and path[2:] == ("settings",):
        return "this workflow has no settings of its own"
    return f"unknown key{did_you_mean(path[-1], choices)}"


def from_environment(
    environ: Mapping[str, str], catalogue: Catalogue, *, ignored: Collection[KeyPath] = (), elsewhere: Collection[str]
) -> Layer:
    """What the environment sets. A variable that is set but empty counts as not set.

    Args:
        environ: The variables that could be ours.
        catalogue: The keys there are.
        ignored: Tables whose variables are left out.
        elsewhere: Variables that are read in another place.
    """
    layer = Layer()
    known = catalogue.variables()
    ignored_prefixes = tuple(f"{variable_of(path)}__" for path in ignored)
    for name, text in sorted(environ.items()):
        if not text or name in elsewhere or _SERVICE_LINK.fullmatch(name) or name.startswith(ignored_prefixes):
            continue
        from_a_file = name not in known and name.endswith(_FILE)
        keys = known.get(name.removesuffix(_FILE) if from_a_file else name, [])
        if not keys:
            suggestion = did_you_mean(name, [*known, *elsewhere])
            layer.problem((name,), "environment", f"unknown variable{suggestion}")
        elif len(keys) > 1:
            both = " and ".join(dotted(key.path) for key in keys)
            layer.problem((name,), "environment", f"means both {both}: set it in the file")
        else:
            _put_text(layer, keys[0], text, name, from_a_file=from_a_file)
    return layer


def _put_text(layer: Layer, key: Key, text: str, name: str, *, from_a_file: bool) -> None:
    if from_a_file:
        try:
            text = Path(text).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            layer.problem(key.path, name, f"should name a file that can be read: {reason}")
            return
    layer.put(key, parse_text(key.annotation, text), name)


def from_command_line(overrides: Mapping[str, Any], catalogue: Catalogue) -> Layer:
    """What options set. ``None`` means that the option was not given."""
    layer = Layer()
    for name, value in overrides.items():
        if value is None:
            continue
        path = tuple(name.split("."))
        if path == ("database", "url") and has_password(str(value)):
            message = f"a command line is seen by every user of the machine: set {PREFIX}DATABASE_URL instead"
            layer.problem(path, "command line", message)
        elif path in catalogue.keys:
            layer.put(catalogue.keys[path], value, "command line")
        else:
            layer.problem(path, "command line", _unknown(path, catalogue))
    return layer


def parse_text(annotation: Any, text: str) -> Any:
    """A variable's text as the value it stands for; what can't be told here is left to pydantic.

    >>> parse_text(tuple[str, ...], "deep-scan, sitemap-import"), parse_text(int, "20")
    (['deep-scan', 'sitemap-import'], '20')
    """
    arms = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    kinds = {get_origin(arm) or arm for arm in arms}
    if str in kinds or not kinds & {list, tuple, set, frozenset, dict, Collection, Mapping}:
        return text
    if text.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text if kinds <= {dict, Mapping, type(None)} else [part.strip() for part in text.split(",")]
