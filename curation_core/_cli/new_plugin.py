"""``curation new-plugin``: a plugin that is whole from its first minute, for its author to change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import click

from curation_core._cli.options import dry_run

TEMPLATES = Path(__file__).with_name("templates") / "plugin"
_SUFFIX = ".template"
_PREFIX = "curation-"
_WORKFLOW = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_WORKFLOW = 50  # PostgreSQL knows names of 63 bytes, and a column is called NAME_status
_LONGEST_DISTRIBUTION = 80  # the lines that name it stay within the line length of the template


class Names(NamedTuple):
    """What the parts of a new plugin are called.

    Args:
        workflow: The workflow, and the entry point.
        distribution: What is installed.
        package: What is imported.
    """

    workflow: str
    distribution: str
    package: str


@click.command(
    "new-plugin",
    epilog="""\b
Examples:
  curation new-plugin reading-time
  curation new-plugin reading-time --distribution acme-reading-time --into .
""",
)
@click.argument("name")
@click.option(
    "--into",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="The plugin's folder, made if need be; it must be empty, a .git aside.  [default: ./DISTRIBUTION]",
)
@click.option("--distribution", metavar="NAME", help="What pip installs.  [default: curation-NAME]")
@dry_run
def new_plugin(name: str, *, folder: Path | None, distribution: str | None, dry_run: bool) -> None:
    """Write a new plugin with the workflow NAME: a distribution with hooks, tests, a README and a CI workflow.

    It passes its own tests as it is. Replace its table, its settings and its work by yours.
    """
    names = named(name, distribution)
    folder = folder or Path(names.distribution)
    files = rendered(names)
    _require_empty(folder)
    if not dry_run:
        _write(folder, files)
    done = "would be written" if dry_run else "written"
    click.echo(f"{len(files)} files {done} to {folder}:\n")
    click.echo("\n".join(f"  {path}" for path in files))
    click.echo("\nNext, in that folder:\n\n  pip install --editable . --group dev\n  curation plugin check\n  pytest")


def named(workflow: str, distribution: str | None) -> Names:
    """The names of a new plugin's parts.

    Args:
        workflow: As it was typed; ``curation-`` before it is taken for the distribution's.
        distribution: ``None``: the workflow's name with ``curation-`` before it.

    Raises:
        click.BadParameter: One of them can't be a name. The message has one that can.
    """
    from packaging.utils import InvalidName, canonicalize_name

    workflow = workflow.removeprefix(_PREFIX)
    if not _WORKFLOW.fullmatch(workflow) or len(workflow) > _LONGEST_WORKFLOW:
        rule = f"take a-z, 0-9 and single dashes, a letter first, at most {_LONGEST_WORKFLOW} characters"
        message = f"{workflow!r} can't name a workflow: {rule}, such as {_likely(workflow)}"
        raise click.BadParameter(message, param_hint="NAME")
    hint = "--distribution" if distribution else "NAME"
    try:
        distribution = canonicalize_name(distribution or _PREFIX + workflow, validate=True)
    except InvalidName:
        message = f"{distribution!r} can't name a distribution: take a-z, 0-9 and dashes, such as {_PREFIX}{workflow}"
        raise click.BadParameter(message, param_hint=hint) from None
    if len(distribution) > _LONGEST_DISTRIBUTION:
        message = f"{distribution!r} is too long: take at most {_LONGEST_DISTRIBUTION} characters"
        raise click.BadParameter(message, param_hint=hint)
    names = Names(workflow, distribution, distribution.replace("-", "_"))
    if fault := _why_not_imported(names.package):
        message = f"the distribution {distribution} would have the package {names.package}, {fault}: take another name"
        raise click.BadParameter(message, param_hint=hint)
    return names


def rendered(names: Names) -> dict[Path, str]:
    """The files of a new plugin, by their paths in its folder.

    Args:
        names: What its parts are called.

    Raises:
        click.ClickException: The core runs without being installed, so that it has no version to ask for.
    """
    from string import Template

    from curation_core._declared import core_range

    words = {**names._asdict(), "column": names.workflow.replace("-", "_"), "core_range": core_range()}
    if not words["core_range"]:
        message = "curation-core runs here without being installed, so a plugin can't ask for it: install it with pip"
        raise click.ClickException(message)
    files = {}
    for source in sorted(TEMPLATES.rglob(f"*{_SUFFIX}")):
        parts = source.relative_to(TEMPLATES).with_name(source.name.removesuffix(_SUFFIX)).parts
        path = Path(*(names.package if part == "__package__" else part for part in parts))
        files[path] = Template(source.read_text(encoding="utf-8")).substitute(words)
    return files


def _likely(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower())
    likely = "-".join(words).lstrip("0123456789-")[:_LONGEST_WORKFLOW].rstrip("-")
    return likely or "reading-time"


def _why_not_imported(package: str) -> str:
    import keyword
    from importlib.util import find_spec

    if not package.isidentifier() or keyword.iskeyword(package):
        return "which Python can't import"
    spec = find_spec(package)
    return "and a module of that name is here already" if spec is not None and spec.origin is not None else ""


def _require_empty(folder: Path) -> None:
    try:
        found = sorted(path.name for path in folder.iterdir() if path.name != ".git") if folder.exists() else []
    except OSError as error:
        message = f"{folder} can't be read: {error.strerror}: name another folder"
        raise click.BadParameter(message, param_hint="--into") from None
    if found:
        more = f" and {len(found) - 1} more" if found[1:] else ""
        message = f"{folder} is not empty, {found[0]}{more} is there: name a new folder"
        raise click.BadParameter(message, param_hint="--into")


def _write(folder: Path, files: dict[Path, str]) -> None:
    try:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"{error.filename} can't be written: {error.strerror}: name a folder in which you may write"
        raise click.BadParameter(message, param_hint="--into") from None
