"""``curation pause`` and ``curation resume``: hold a workflow back on every host, and let it go on."""

from __future__ import annotations

from datetime import timedelta

import click

from curation_core._cli.options import Chosen, chosen, dry_run, read_duration
from curation_core._cli.output import shown
from curation_core._cli.session import Loaded, finish, load, open_store, rows_of


@click.command(
    epilog="""\b
Examples:
  curation pause deep-scan --for 1h --reason "the quota is used up"
  curation pause deep-scan
"""
)
@click.argument("workflow")
@click.option(
    "--for", "duration", callback=read_duration, metavar="DURATION", help="90s, 5m, 1h, …  [default: until resumed]"
)
@click.option("--reason", default="", metavar="TEXT", help="Why, shown by `curation status`.  [default: none]")
@chosen()
@dry_run
def pause(options: Chosen, *, workflow: str, duration: timedelta | None, reason: str, dry_run: bool) -> None:
    """Claim no row of WORKFLOW, on any host. What runs already is finished.

    A pause never shortens one that is under way: resume first.
    """
    loaded = load(options)
    loaded.workflow(workflow)
    finish(_pause(loaded, workflow, duration, reason, dry_run=dry_run))
    until = f"for {shown(duration)}" if duration else "until it is resumed"
    click.echo(f"1 workflow {'would be ' if dry_run else ''}paused {until}")


@click.command(
    epilog="""\b
Example:
  curation resume deep-scan
"""
)
@click.argument("workflow")
@chosen()
@dry_run
def resume(options: Chosen, *, workflow: str, dry_run: bool) -> None:
    """Let WORKFLOW go on, on every host."""
    loaded = load(options)
    loaded.workflow(workflow)
    if finish(_resume(loaded, workflow, dry_run=dry_run)):
        click.echo(f"1 workflow {'would be ' if dry_run else ''}resumed")
    else:
        click.echo(f"0 workflows resumed: {workflow} is not paused")


async def _pause(loaded: Loaded, name: str, duration: timedelta | None, reason: str, *, dry_run: bool) -> None:
    async with open_store(loaded.settings) as store:
        if not dry_run:
            await store.operating.pause(name, duration, _who(), reason)


async def _resume(loaded: Loaded, name: str, *, dry_run: bool) -> bool:
    async with open_store(loaded.settings) as store:
        if not dry_run:
            return await store.operating.resume(name)
        rows = await rows_of(store, loaded.workflow(name))
        return bool((await store.operating.status(rows)).paused_until)


def _who() -> str:
    import getpass
    import os
    import socket

    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in many containers
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
