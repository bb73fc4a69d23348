"""``curation queue``: rows to be worked, chosen by a person."""

from __future__ import annotations

from collections.abc import Sequence

import click

from curation_core._cli.options import Chosen, chosen, dry_run
from curation_core._cli.session import Loaded, finish, load, open_store, rows_of


@click.command(
    epilog="""\b
Examples:
  curation queue deep-scan 42 43
  curation queue sitemap-import eu,7           two columns
  curation queue sitemap-import '["eu", 7]'    the same
  curation queue deep-scan --all --dry-run
"""
)
@click.argument("workflow")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Every wanted row that was never worked or has failed.  [default: the rows that are named]",
)
@chosen()
@dry_run
def queue(options: Chosen, *, workflow: str, ids: tuple[str, ...], everything: bool, dry_run: bool) -> None:
    """Queue rows of WORKFLOW, named by their primary keys.

    A named row is queued whatever its status was, unless it is queued or being processed already.
    """
    from curation_core._cli.items import parse_item, values_of

    if everything == bool(ids):
        message = "name rows by their IDs, or take --all"
        raise click.UsageError(message)
    loaded = load(options)
    key = loaded.workflow(workflow).workflow.key
    items = {parse_item(text, key): text for text in ids}
    found = finish(_queue(loaded, workflow, None if everything else list(items), dry_run=dry_run))
    queued = len(found)
    of = "" if everything or len(items) == queued else f" of {len(items)}"
    click.echo(f"{queued:,}{of} {'row' if queued == 1 and not of else 'rows'} {'would be ' if dry_run else ''}queued")
    if of:
        written = {values_of(item) for item in found}
        others = [text for item, text in items.items() if values_of(item) not in written]
        # The database may write a time, say, otherwise than it was typed: then nobody knows which are the others.
        which = f": {', '.join(others)}" if len(others) == len(items) - queued else "."
        click.echo(f"The others are not there, or are queued or being processed already{which}", err=True)


async def _queue(loaded: Loaded, name: str, items: Sequence[str] | None, *, dry_run: bool) -> Sequence[str]:
    async with open_store(loaded.settings) as store:
        rows = await rows_of(store, loaded.workflow(name))
        return await store.operating.queue(rows, items, dry_run=dry_run)
