"""The options that several commands share, and what was chosen with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, NamedTuple

import click


class Chosen(NamedTuple):
    """Where the settings come from, as the options say.

    Args:
        config: The configuration file.
        database: The database's address.
        plugins: Modules to load that no distribution announces.
        strict: Whether a wrong plugin is an error.
    """

    config: str | None = None
    database: str | None = None
    plugins: tuple[str, ...] = ()
    strict: bool = False


_CONFIG = click.option(
    "--config",
    metavar="FILE",
    help="The configuration file.  [env: CURATION_CONFIG; default: ./curation.toml, else [tool.curation] in "
    "./pyproject.toml]",
)
_DATABASE = click.option(
    "--database",
    metavar="URL",
    help="The database, without a password: those come from the environment.  [env: CURATION_DATABASE_URL; default: "
    "a PostgreSQL of curation's own under ./.curation]",
)
_PLUGIN = click.option(
    "--plugin",
    "plugins",
    metavar="MODULE",
    multiple=True,
    help="Also load this module, package.module[:attribute]; may be repeated.  [default: none]",
)
_STRICT = click.option(
    "--strict",
    is_flag=True,
    help="Refuse to go on when a plugin is wrong.  [env: CURATION_PLUGINS__STRICT; default: list it and go on]",
)

as_json = click.option("--json", "as_json", is_flag=True, help="Write JSON.  [default: a table]")
dry_run = click.option("--dry-run", is_flag=True, help="Change nothing, say what would change.  [default: change it]")


def chosen(*, database: bool = True, strict: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options that choose the settings; the command gets them as one `Chosen`, by position.

    Args:
        database: Whether the command needs one.
        strict: Whether it can refuse to go on when a plugin is wrong.
    """
    options = [_CONFIG, *([_DATABASE] if database else []), _PLUGIN, *([_STRICT] if strict else [])]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def with_chosen(**given: Any) -> Any:
            names = Chosen._fields
            return command(Chosen(**{name: given.pop(name) for name in names if name in given}), **given)

        decorated: Callable[..., Any] = with_chosen
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def read_duration(_ctx: click.Context, _option: click.Parameter, text: str | None) -> timedelta | None:
    """The callback of an option whose value is written as in the configuration file: ``90s``, ``5m``, ``1h``."""
    from curation_core.policy import parse_duration

    if text is None:
        return None
    try:
        duration = parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if not isinstance(duration, timedelta) or duration <= timedelta(0):
        message = f"{text!r} is no duration such as 90s, 5m or 1h"
        raise click.BadParameter(message)
    return duration
