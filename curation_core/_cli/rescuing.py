"""``curation rescue``: take back what dead workers hold, and what nobody does."""

from __future__ import annotations

from typing import NamedTuple

import click

from curation_core._cli.options import Chosen, as_json, chosen, dry_run
from curation_core._cli.output import write_json
from curation_core._cli.session import Loaded, finish, load, open_store, rows_of

ORPHANED = "it was in processing, and nothing had a claim on it"


class Rescued(NamedTuple):
    """What was taken back of one workflow.

    Args:
        workflow: Its name.
        lost: Rows that dead workers held.
        orphans: Rows in processing that nobody had a claim on; ``None`` where they were not looked for.
    """

    workflow: str
    lost: int
    orphans: int | None


@click.command(
    epilog="""\b
Examples:
  curation rescue                        what every running host does by itself
  curation rescue deep-scan --orphans --dry-run
"""
)
@click.argument("workflows", metavar="[WORKFLOW]...", nargs=-1)
@click.option(
    "--orphans",
    is_flag=True,
    help="Also queue rows in processing that nothing has a claim on, as an older system leaves them. Looks at the "
    "whole table; stop that system first, for what it still works is queued too.  [default: leave them]",
)
@as_json
@chosen()
@dry_run
def rescue(options: Chosen, *, workflows: tuple[str, ...], orphans: bool, as_json: bool, dry_run: bool) -> None:
    """Take back the rows that dead workers hold, of each WORKFLOW or of all."""
    loaded = load(options)
    names = list(dict.fromkeys(workflows)) or list(loaded.host.workflows)
    for name in names:
        loaded.workflow(name)
    found = finish(_rescue(loaded, names, orphans=orphans, dry_run=dry_run))
    if as_json:
        write_json([each._asdict() for each in found])
        return
    would = "would be " if dry_run else ""
    for each in found:
        also = "" if each.orphans is None else f", {each.orphans:,} orphans {would}queued"
        click.echo(f"{each.workflow}: {each.lost:,} rows of dead workers {would}taken back{also}")


async def _rescue(loaded: Loaded, names: list[str], *, orphans: bool, dry_run: bool) -> list[Rescued]:
    from curation_core._rescuer import Rescuer

    settings = loaded.settings
    done: list[Rescued] = []
    async with open_store(settings) as store:
        upkeep = store.upkeep(settings.host.lost_after)
        for name in names:
            bound, policy = loaded.workflow(name), settings.policies[name]
            rows = await rows_of(store, bound)
            if dry_run:
                lost = await upkeep.count_lost(rows)
                done.append(Rescued(name, lost, await upkeep.count_orphans(rows) if orphans else None))
                continue
            settling = store.settling(rows, None, {}, policy.timeout)
            workflow = {name: (rows, settling, policy)}
            lost = await Rescuer(upkeep, workflow, loaded.host.observers, settings.host.history_for).sweep()
            done.append(Rescued(name, lost, await upkeep.adopt_orphans(rows, ORPHANED) if orphans else None))
    return done
