"""The help of every command, and the exit codes."""

from collections.abc import Iterator

import click

from curation_core._cli import curation

WIDTH = 100


def each(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from each(command.commands[name], (*path, name))


def helped(path: tuple[str, ...], command: click.Command) -> str:
    settings = {"help_option_names": ["-h", "--help"]}
    context = click.Context(command, info_name=" ".join(["curation", *path]), terminal_width=WIDTH, **settings)
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def listed() -> str:
    return "\n\n".join(
        f"### `{' '.join(['curation', *path])}`\n\n```text\n{helped(path, command)}\n```"
        for path, command in each(curation)
    )


SECTIONS = {"commands": listed}
