"""``curation run``: work until told to stop, or until nothing is left."""

from __future__ import annotations

import click

from curation_core._cli.options import Chosen, chosen
from curation_core._cli.session import Loaded, general_settings, load
from curation_core.errors import PluginError, UnknownWorkflow


@click.command(
    epilog="""\b
Examples:
  curation run
  curation run --workflow deep-scan --workflow sitemap-import
  curation run --until-idle --database postgresql://me@db/leads
  curation run --processes 4
  curation run --reload --plugin titles

\b
Ctrl-C and SIGTERM stop it: running items may finish for host.drain_timeout, the rest is given back uncharged. A
second Ctrl-C gives everything back at once.
"""
)
@click.option(
    "--workflow",
    "names",
    metavar="NAME",
    multiple=True,
    help="Run only this one; may be repeated.  [default: all enabled]",
)
@click.option("--until-idle", is_flag=True, help="Stop when nothing is left to do.  [default: wait for more]")
@click.option(
    "--processes",
    metavar="N",
    type=click.IntRange(1, 256),
    default=1,
    help="Run as so many processes; one that dies is started again.  [default: 1]",
)
@click.option(
    "--reload",
    is_flag=True,
    help="Start again whenever a file of a plugin changes, for the time in which it is written.  [default: never]",
)
@click.option("--parent-pipe", is_flag=True, hidden=True, help="Stop when the standard input ends.")
@chosen()
def run(
    options: Chosen, *, names: tuple[str, ...], until_idle: bool, processes: int, reload: bool, parent_pipe: bool
) -> None:
    """Claim queued rows, process them and settle them."""
    from curation_core._cli import working

    if reload:
        if until_idle or processes > 1:
            message = "--reload keeps one process running: leave out --until-idle and --processes"
            raise click.UsageError(message)
        main = working.reload(general_settings(options), options, names)
        click.get_current_context().exit(working.on_a_fast_loop(main))
    loaded = load(options, needed=names or None)
    _require_work(loaded, names)
    if processes > 1:
        main = working.supervise(loaded, options, names, until_idle=until_idle, processes=processes)
    else:
        main = working.work(loaded, names, until_idle=until_idle, parent_pipe=parent_pipe)
    click.get_current_context().exit(working.on_a_fast_loop(main))


def _require_work(loaded: Loaded, names: tuple[str, ...]) -> None:
    known = loaded.host.workflows
    for name in names:
        if name not in known:
            raise UnknownWorkflow(name, list(known))
    if not any(loaded.settings.policies[name].enabled for name in known) and not names:
        what = "every workflow is disabled" if known else "no workflow is loaded"
        message = f"nothing to run: {what} (`curation workflows` lists what was found)"
        raise PluginError(message)
