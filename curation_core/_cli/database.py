"""``curation db``: the engine's own tables. Nothing else ever makes or changes them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from curation_core._cli.options import Chosen, as_json, chosen, dry_run
from curation_core._cli.output import write_json
from curation_core._cli.session import finish, general_settings, open_store
from curation_core.errors import LedgerError

if TYPE_CHECKING:
    from curation_core.settings import Settings


@click.group()
def db() -> None:
    """Make and check the engine's own tables. Nothing in your tables is altered, not a column is added."""


@db.command(
    epilog="""\b
Examples:
  curation db upgrade --dry-run
  curation db upgrade
"""
)
@chosen(plugins=False)
@dry_run
def upgrade(options: Chosen, *, dry_run: bool) -> None:
    """Bring the engine's tables to the version that this release needs, in one transaction."""
    settings = general_settings(options)
    before, after = finish(_upgrade(settings, dry_run=dry_run))
    schema = settings.database.ledger_schema
    if before == after:
        click.echo(f"0 upgrades: the tables in schema {schema!r} are at revision {after} already")
    else:
        done = "would be" if dry_run else "was"
        click.echo(f"1 upgrade: the schema {schema!r} {done} brought from {before or 'nothing'} to revision {after}")


@db.command(
    epilog="""\b
Example:
  curation db check && curation run
"""
)
@chosen(plugins=False)
@as_json
def check(options: Chosen, *, as_json: bool) -> None:
    """Check that the database answers and has the engine's tables at the right version; else the exit code is 5."""
    settings = general_settings(options)
    revision = finish(_check(settings))
    schema = settings.database.ledger_schema
    if as_json:
        write_json({"schema": schema, "revision": revision})
    else:
        click.echo(f"The tables in schema {schema!r} are at revision {revision}, which is the right one.")


@db.command(
    epilog="""\b
Example:
  curation db sql | psql --single-transaction
"""
)
@chosen(database=False, plugins=False)
def sql(options: Chosen) -> None:
    """Print what `curation db upgrade` runs in a database that has nothing yet, for somebody else to run it."""
    from curation_core.ledger import migrate

    click.echo(migrate.upgrade_sql(general_settings(options).database.ledger_schema))


async def _upgrade(settings: Settings, *, dry_run: bool) -> tuple[str | None, str]:
    from alembic.util import CommandError

    from curation_core.ledger import migrate

    schema = settings.database.ledger_schema
    async with open_store(settings, check=False) as store:
        with suppress(LedgerError):  # it is what an upgrade is for
            await store.check()
        before, needed = await migrate.current(store.engine, schema), migrate.newest(schema)
        if not dry_run and before != needed:
            try:
                await migrate.upgrade(store.engine, schema)
            except CommandError as error:  # a revision that this release has never heard of
                message = f"the tables in schema {schema!r} are newer than this release: {error}"
                raise LedgerError(message) from error
        return before, needed


async def _check(settings: Settings) -> str:
    from curation_core.ledger import migrate

    async with open_store(settings):
        return migrate.newest(settings.database.ledger_schema)
