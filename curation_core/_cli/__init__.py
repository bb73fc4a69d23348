"""The command line. Each module holds one group of commands, and imports what is heavy inside them.

``curation --help`` is to answer at once: importing this package imports click and nothing else of weight.
"""

from __future__ import annotations

from typing import Any

import click

from curation_core._cli.checking import plugin
from curation_core._cli.control import pause, resume
from curation_core._cli.database import db
from curation_core._cli.exits import Exit, exit_for
from curation_core._cli.new_plugin import new_plugin
from curation_core._cli.queueing import queue
from curation_core._cli.rescuing import rescue
from curation_core._cli.running import run
from curation_core._cli.selecting import select
from curation_core._cli.sql import sql as show_sql
from curation_core._cli.status import status as show_status
from curation_core._cli.workflows import workflows as list_workflows
from curation_core.errors import CurationError

_EPILOG = """\b
Exit codes:
  0    well
  1    items failed (--until-idle), or a check found something
  2    usage
  3    configuration
  4    plugins
  5    database unreachable, or its schema wrong
  130  stopped by Ctrl-C, 143 by SIGTERM, everything given back

Settings come from curation.toml (or [tool.curation] in pyproject.toml), the environment (CURATION_DATABASE_URL,
CURATION_<SECTION>__<KEY>) and options, the later ones winning. Secrets come from the environment only.
"""


class _Commands(click.Group):
    """The one place where an error becomes a message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CurationError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(exit_for(error))
        except KeyboardInterrupt:
            ctx.exit(Exit.INTERRUPTED)


@click.group(cls=_Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="curation-core", message="curation %(version)s")
def curation() -> None:
    """Work the status columns of tables you already have."""


for _command in (
    run,
    list_workflows,
    show_status,
    queue,
    select,
    pause,
    resume,
    rescue,
    show_sql,
    db,
    plugin,
    new_plugin,
):
    curation.add_command(_command)
