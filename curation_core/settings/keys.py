"""Which keys there are: read off the models, each with its place in the file and its environment variable."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, Secret, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from curation_core.settings.file import KeyPath

PREFIX = "CURATION_"
SHORT_VARIABLES: Mapping[str, KeyPath] = {
    "CURATION_DATABASE_URL": ("database", "url"),
    "CURATION_PLUGINS": ("plugins", "allow"),
}
"""Variables with a name of their own, beside the general one."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key that may be set.

    Args:
        path: Its tables and its name.
        annotation: The type its value must have.
        secret: Whether a secret stands in it: then the file is no place for it and its value is never shown.
        deprecated: What to do instead and when it goes, where its field says ``deprecated``.
    """

    path: KeyPath
    annotation: Any
    secret: bool
    deprecated: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that sets it; with ``_FILE`` behind it, one that names a file to read it from."""
        short = {path: name for name, path in SHORT_VARIABLES.items()}
        return short.get(self.path) or variable_of(self.path)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All keys of some tables.

    Args:
        keys: By path.
        tables: Every table that holds one.
        open_tables: Those of plugins that take any further key.
    """

    keys: dict[KeyPath, Key] = field(default_factory=dict)
    tables: set[KeyPath] = field(default_factory=set)
    open_tables: set[KeyPath] = field(default_factory=set)

    def add(self, path: KeyPath, model: type[BaseModel], within: Collection[type] = ()) -> None:
        """Take in the fields of a model that stands under a path, and those of the models in it."""
        self.tables.update(path[:length] for length in range(len(path) + 1))
        if model.model_config.get("extra") == "allow":
            self.open_tables.add(path)
        for name, info in _named_fields(model):
            inner = _model_in(info.annotation)
            if inner is not None and inner not in within and inner is not model:
                self.add((*path, name), inner, (*within, model))
            else:
                going = info.deprecation_message or ""
                self.keys[*path, name] = Key((*path, name), info.annotation, _holds_secret(info.annotation), going)

    def names_in(self, table: KeyPath) -> list[str]:
        """What may stand in a table, for a suggestion."""
        paths = [*self.keys, *self.tables]
        return sorted({path[-1] for path in paths if path and path[:-1] == table})

    def variables(self) -> dict[str, list[Key]]:
        """The keys by their environment variables. A variable can mean two keys: ``a-b`` and ``a_b`` look the same."""
        found: dict[str, list[Key]] = {}
        for path, key in self.keys.items():
            found.setdefault(variable_of(path), []).append(key)
        for name, path in SHORT_VARIABLES.items():
            if path in self.keys:
                found[name] = [self.keys[path]]
        return found


def variable_of(path: KeyPath) -> str:
    """The general environment variable of a key.

    >>> variable_of(("workflows", "deep-scan", "batch_size"))
    'CURATION_WORKFLOWS__DEEP_SCAN__BATCH_SIZE'
    """
    return PREFIX + "__".join(re.sub(r"[^A-Za-z0-9]", "_", part).upper() for part in path)


def _named_fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, info in model.model_fields.items():
        alias = info.validation_alias
        yield (alias if isinstance(alias, str) else name), info


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if get_origin(annotation) in (Union, UnionType):
        arms = [arm for arm in get_args(annotation) if arm is not type(None)]
        annotation = arms[0] if len(arms) == 1 else None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and not issubclass(annotation, RootModel):
        return annotation
    return None


def _holds_secret(annotation: Any, seen: tuple[Any, ...] = ()) -> bool:
    if annotation in seen:
        return False
    if isinstance(annotation, type) and issubclass(annotation, (SecretStr, SecretBytes, Secret)):
        return True
    inside = list(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inside += [info.annotation for info in annotation.model_fields.values()]
    return any(_holds_secret(part, (*seen, annotation)) for part in inside)
