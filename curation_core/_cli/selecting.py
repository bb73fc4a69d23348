"""``curation select``: a person's decision about rows, which queues them or takes them out of the queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from curation_core._cli.options import Chosen, chosen, dry_run
from curation_core._cli.session import Loaded, finish, load, open_store
from curation_core.errors import SelectionError

if TYPE_CHECKING:
    from curation_core._store.selecting import Decided


@click.command(
    epilog="""\b
Examples:
  curation select page-curation 42 43
  curation select page-curation 42 --as "Not a Fit"
  curation select deep-scan 7 --as Selected --dry-run
"""
)
@click.argument("workflow")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--as", "decision", metavar="WORD", default="Selected", help="The decision.  [default: Selected]")
@chosen()
@dry_run
def select(options: Chosen, *, workflow: str, ids: tuple[str, ...], decision: str, dry_run: bool) -> None:
    """Write a decision about rows of WORKFLOW, named by their primary keys.

    A decision that selects queues the row and clears its error, in the same transaction. Any other takes a row out of
    the queue, and drops the result of one that runs.
    """
    from curation_core._cli.items import parse_item

    loaded = load(options)
    key = loaded.workflow(workflow).workflow.key
    items = {parse_item(text, key): text for text in ids}
    decided = finish(_decide(loaded, workflow, list(items), decision, dry_run=dry_run))
    would = "would be " if dry_run else ""
    also = [
        f"{len(changed):,} {would}{verb}"
        for changed, verb in ((decided.queued, "queued"), (decided.withdrawn, "taken out of the queue"))
        if changed
    ]
    noun = "row" if decided.written == 1 else "rows"
    click.echo(", ".join([f"{decided.written:,} {noun} {would}marked {decision!r}", *(also or ["none queued"])]))
    missing = [text for item, text in items.items() if item not in decided.found]
    if missing:
        click.echo(f"Not there: {', '.join(missing)}", err=True)


async def _decide(loaded: Loaded, name: str, items: Sequence[str], decision: str, *, dry_run: bool) -> Decided:
    from curation_core import _preflight
    from curation_core._sql.rows import Rows

    async with open_store(loaded.settings) as store:
        workflow = loaded.workflow(name).workflow
        facts = await store.describe(workflow.table)
        rows = Rows(name, workflow, facts.as_facts())
        if fault := _preflight.decision_fault(rows, facts, decision):
            raise SelectionError(fault)
        return await store.operating.decide(rows, items, decision, dry_run=dry_run)
