"""``curation db``: the engine's own tables, and those that plugins bring along. Nothing else makes or changes them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import click

from curation_core._cli.options import Chosen, as_json, chosen, dry_run
from curation_core._cli.output import write_json
from curation_core._cli.session import finish, general_settings, load, load_host, open_store
from curation_core.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import Table

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
@chosen()
@dry_run
def upgrade(options: Chosen, *, dry_run: bool) -> None:
    """Bring the engine's tables to the version that this release needs, and make those that plugins bring along."""
    settings = general_settings(options)
    before, after = finish(_upgrade(settings, dry_run=dry_run))
    schema = settings.database.ledger_schema
    if before == after:
        click.echo(f"0 upgrades: the tables in schema {schema!r} are at revision {after} already")
    else:
        done = "would be" if dry_run else "was"
        click.echo(f"1 upgrade: the schema {schema!r} {done} brought from {before or 'nothing'} to revision {after}")
    if brought := _brought(options):
        made = finish(_make(brought, dry_run=dry_run))
        names = ", ".join(table.fullname for table in made)
        done = "would be made" if dry_run else "made"
        click.echo(f"{len(made)} tables of plugins {done}" + (f": {names}" if made else ""))


@db.command(
    epilog="""\b
Example:
  curation db check && curation run
"""
)
@chosen()
@as_json
def check(options: Chosen, *, as_json: bool) -> None:
    """Check that the database answers and has the engine's tables at the right version; else the exit code is 5."""
    settings = general_settings(options)
    revision = finish(_check(settings))
    schema = settings.database.ledger_schema
    if brought := _brought(options):
        finish(_check_brought(brought))
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
@chosen(database=False)
def sql(options: Chosen) -> None:
    """Print what `curation db upgrade` runs in a database that has nothing yet, for somebody else to run it."""
    from curation_core._store import owned
    from curation_core.ledger import migrate

    click.echo(migrate.upgrade_sql(general_settings(options).database.ledger_schema))
    if brought := _brought(options):
        click.echo(owned.statements(brought.tables))


class Brought(NamedTuple):
    """What plugins bring along.

    Args:
        settings: Everything that was configured.
        tables: Of all plugins, under the names that they have here.
    """

    settings: Settings
    tables: Sequence[Table]


def _brought(options: Chosen) -> Brought | None:
    """The plugins' own tables. Where there are none, what is configured for workflows is nobody's business here."""
    if not any(bound.workflow.owns for bound in load_host(options).workflows.values()):
        return None
    loaded = load(options, quiet=True)
    tables = [table for bound in loaded.host.workflows.values() for table in bound.workflow.owned_tables]
    return Brought(loaded.settings, list(dict.fromkeys(tables)))


async def _make(brought: Brought, *, dry_run: bool) -> Sequence[Table]:
    from curation_core._store import owned

    async with open_store(brought.settings, check=False) as store:
        make = owned.missing if dry_run else owned.create
        return await make(store.engine, brought.tables)


async def _check_brought(brought: Brought) -> None:
    from curation_core._store import owned

    async with open_store(brought.settings, check=False) as store:
        if missing := await owned.missing(store.engine, brought.tables):
            names = ", ".join(table.fullname for table in missing)
            message = f"tables that plugins bring along are missing: {names}: run `curation db upgrade`"
            raise LedgerError(message)


async def _upgrade(settings: Settings, *, dry_run: bool) -> tuple[str | None, str]:
    from alembic.util import CommandError

    from curation_core.ledger import migrate, revision

    schema = settings.database.ledger_schema
    async with open_store(settings, check=False) as store:
        with suppress(LedgerError):  # it is what an upgrade is for
            await store.check()
        before, needed = await revision.current(store.engine, schema), revision.NEEDED
        if not dry_run and before != needed:
            try:
                await migrate.upgrade(store.engine, schema)
            except CommandError as error:  # a revision that this release has never heard of
                message = f"the tables in schema {schema!r} are newer than this release: {error}"
                raise LedgerError(message) from error
        return before, needed


async def _check(settings: Settings) -> str:
    from curation_core.ledger import revision

    async with open_store(settings):
        return revision.NEEDED
