"""``curation sql``: what the engine says to the database about one workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curation_core._cli.options import Chosen, chosen
from curation_core._cli.session import Loaded, finish, load, open_store, rows_of

if TYPE_CHECKING:
    from curation_core._sql.rows import Rows


@click.command(
    epilog="""\b
Example:
  curation sql deep-scan > deep-scan.sql
"""
)
@click.argument("workflow")
@chosen()
def sql(options: Chosen, *, workflow: str) -> None:
    """Print the statements that the engine uses for WORKFLOW.

    Where a database is configured its column types are read, for the statements depend on them; otherwise the
    model's are taken, and nothing is connected to.
    """
    from curation_core._cli.statements import statements, written
    from curation_core._sql.rows import Rows

    loaded = load(options)
    bound, settings = loaded.workflow(workflow), loaded.settings
    if settings.database.url is None:
        click.echo("-- no database is configured: types and nulls are as the model has them")
        rows = Rows(workflow, bound.workflow)
    else:
        rows = finish(_rows(loaded, workflow))
    batch_size = settings.policies[workflow].batch_size
    for title, statement in statements(rows, settings.database):
        click.echo(f"\n-- {title}\n{written(statement, batch_size)};")


async def _rows(loaded: Loaded, name: str) -> Rows:
    async with open_store(loaded.settings, check=False) as store:
        return await rows_of(store, loaded.workflow(name))
