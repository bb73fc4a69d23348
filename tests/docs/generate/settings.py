"""Every key of the configuration, read off the models that validate it."""

from datetime import timedelta
from functools import partial
from typing import Any, Literal, get_args, get_origin

from prose import documented, table
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from curation_core import Policy
from curation_core._cli.output import shown
from curation_core.settings import ELSEWHERE
from curation_core.settings.keys import SHORT_VARIABLES, variable_of
from curation_core.settings.sections import SECTIONS as MODELS

SHORT = {path: name for name, path in SHORT_VARIABLES.items()}


def section(name: str, model: type[BaseModel]) -> str:
    return f"{documented(model)}\n\n{keys((name,), model)}"


def policy() -> str:
    return keys(("workflows", "NAME"), Policy)


def keys(path: tuple[str, ...], model: type[BaseModel]) -> str:
    rows = []
    for field, info in model.model_fields.items():
        key = info.validation_alias if isinstance(info.validation_alias, str) else field
        full = (*path, key)
        meaning = f"{info.description}; {limits}" if (limits := bound(info)) else f"{info.description}"
        rows.append([f"`{key}`", default(info), meaning, f"`{SHORT.get(full) or variable_of(full)}`"])
    return table(["key", "default", "meaning", "variable"], rows)


def default(info: FieldInfo) -> str:
    value: Any = info.default
    if value in (None, (), ""):
        return "none"
    if isinstance(value, tuple):
        return ", ".join(f"`{plain(each)}`" for each in value)
    return f"`{plain(value)}`"


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return shown(value).replace(" ", "") if isinstance(value, timedelta) else str(value)


def bound(info: FieldInfo) -> str:
    if get_origin(info.annotation) is Literal:
        return " or ".join(f"`{word}`" for word in get_args(info.annotation))
    least = [each.ge for each in info.metadata if hasattr(each, "ge") and each.ge]
    most = [each.le for each in info.metadata if hasattr(each, "le")]
    return ", ".join([f"at least {plain(each)}" for each in least] + [f"at most {plain(each)}" for each in most])


def variables() -> str:
    return table(["variable", "meaning"], [[f"`{name}`", meaning] for name, meaning in ELSEWHERE.items()])


SECTIONS = {
    **{f"settings {name}": partial(section, name, model) for name, model in MODELS.items()},
    "settings workflows": policy,
    "other variables": variables,
}
