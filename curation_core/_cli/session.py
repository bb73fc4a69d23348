"""From options to what a command works with: the settings, the plugins, the open database."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Collection, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from curation_core._cli.exits import Exit
from curation_core.errors import DatabaseUnreachable, PluginError, UnknownWorkflow

if TYPE_CHECKING:
    from curation_core._cli.options import Chosen
    from curation_core._sql.rows import Rows
    from curation_core._store import Store
    from curation_core.host import BoundWorkflow, Host
    from curation_core.settings import Configuration, DatabaseSettings, Settings

T = TypeVar("T")


class TableFault(click.ClickException):
    """A workflow and its table do not fit, or the database refuses what a command asks."""

    exit_code = Exit.DATABASE


class Loaded(NamedTuple):
    """What a command works with.

    Args:
        host: The loaded plugins.
        settings: Everything that was configured.
    """

    host: Host
    settings: Settings

    def workflow(self, name: str) -> BoundWorkflow:
        """The workflow of that name.

        Raises:
            UnknownWorkflow: None is loaded.
        """
        if name not in self.host.workflows:
            raise UnknownWorkflow(name, list(self.host.workflows))
        return self.host.workflows[name]


def load(chosen: Chosen, *, needed: Collection[str] | None = (), quiet: bool = False) -> Loaded:
    """Read the configuration and load the plugins.

    Args:
        chosen: The options.
        needed: Workflows that will run here, so that their required settings must be there; ``None`` for all that
            are enabled.
        quiet: Whether the command itself tells which plugins were refused.

    Raises:
        ConfigurationError: The configuration is wrong.
        PluginError: A plugin is wrong that was named by an option, or any in strict mode.
    """
    from curation_core._renaming import rename
    from curation_core.host import PluginState

    configuration = _read(chosen)
    host = _host(chosen, configuration, quiet=quiet)
    settings = configuration.resolve(
        {name: bound.workflow for name, bound in host.workflows.items()},
        failed=[report.name for report in host.reports if report.state is not PluginState.OK],
        needed=needed,
    )
    for name, bound in host.workflows.items():
        rename(name, bound.workflow, settings.tables.get(name, {}))
    return Loaded(host, settings)


def load_host(chosen: Chosen, *, insist: bool = True) -> Host:
    """The plugins alone, for a command that first asks whether their settings matter to it.

    Args:
        chosen: The options.
        insist: Whether a wrong plugin may be an error, and not only a report.

    Raises:
        PluginError: A plugin is wrong that was named by an option, or any in strict mode.
    """
    return _host(chosen, _read(chosen), quiet=True, insist=insist)


def _host(chosen: Chosen, configuration: Configuration, *, quiet: bool, insist: bool = True) -> Host:
    from curation_core.host import Host, PluginState

    _log(configuration, quiet=quiet)
    host = Host(allow=configuration.plugins.allow, deny=configuration.plugins.deny)
    if chosen.plugins:
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 - the text that python -m would put there
    for reference in chosen.plugins:
        report = host.register_reference(reference)
        if insist and report.state is not PluginState.OK:
            message = f"--plugin {reference}: {report}"
            raise PluginError(message)
    host.discover()
    if insist and configuration.plugins.strict:
        host.require_all()
    return host


def general_settings(chosen: Chosen) -> Settings:
    """The settings of a command that loads no plugins.

    Raises:
        ConfigurationError: The configuration is wrong, its workflows aside.
    """
    configuration = _read(chosen)
    _log(configuration, quiet=False)
    return configuration.resolve_general()


@contextmanager
def database_url(settings: DatabaseSettings) -> Iterator[str]:
    """The address of the configured database, or of a server of our own that runs as long as this lasts.

    Raises:
        EmbeddedPostgresError: No database is configured and no server could be started.
    """
    configured = settings.for_asyncpg
    if configured is not None:
        yield configured
        return
    from curation_core._postgres import EmbeddedPostgres

    with EmbeddedPostgres.kept(settings.data / "postgres") as server:
        click.echo(f"No database is configured (CURATION_DATABASE_URL): using {server.description}", err=True)
        yield server.url


@asynccontextmanager
async def open_store(
    settings: Settings, *, check: bool = True, url: str | None = None, patient: bool = True
) -> AsyncIterator[Store]:
    """Open the database.

    Args:
        settings: Everything that was configured.
        check: Whether the engine's tables must be there.
        url: The address from `database_url`, where that is held open by the caller.
        patient: Whether a statement may take long, since a person waits for it who can press Ctrl-C.

    Raises:
        DatabaseUnreachable: No connection could be had, or it was lost.
        LedgerError: The engine's tables are missing, older or newer.
        TableFault: The database refused a statement.
    """
    from sqlalchemy.exc import DBAPIError

    from curation_core._store import Store
    from curation_core._store.connections import PATIENCE, is_passing

    with nullcontext(url) if url is not None else database_url(settings.database) as address:
        store = Store(address, settings.database, settings.host.lost_after, PATIENCE if patient else None)
        try:
            if check:
                await store.check()
            yield store
        except DBAPIError as error:
            if is_passing(error):
                message = f"the database {settings.database.shown} went away: {error.orig}"
                raise DatabaseUnreachable(message) from error
            raise TableFault(str(error.orig)) from error
        finally:
            await store.close()


async def rows_of(store: Store, bound: BoundWorkflow) -> Rows:
    """A workflow's rows as the database has them.

    Raises:
        TableFault: The table does not fit the workflow.
    """
    from curation_core import _preflight
    from curation_core._sql.rows import Rows

    rows = Rows(bound.name, bound.workflow)
    facts = await store.describe(rows.table)
    if found := _preflight.faults(rows, facts):
        raise TableFault("; ".join(found))
    return Rows(bound.name, bound.workflow, facts.as_facts())


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine to its end."""
    import asyncio

    return asyncio.run(work)


def _read(chosen: Chosen) -> Configuration:
    from curation_core.settings import Configuration

    overrides = {"database.url": chosen.database, "plugins.strict": chosen.strict or None}
    return Configuration.read(chosen.config, overrides=overrides)


def _log(configuration: Configuration, *, quiet: bool) -> None:
    import logging

    from curation_core._logging import configure_logging

    configure_logging(configuration.log)
    logging.getLogger("curation_core.host").setLevel(logging.CRITICAL if quiet else logging.NOTSET)
