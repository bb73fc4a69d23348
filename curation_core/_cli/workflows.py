"""``curation workflows``: which plugins there are, what became of them, and how hard each workflow runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curation_core._cli.options import Chosen, as_json, chosen
from curation_core._cli.output import shown, write_json, write_table
from curation_core._cli.session import Loaded, load

if TYPE_CHECKING:
    from curation_core.host import PluginReport


@click.command(
    epilog="""\b
Examples:
  curation workflows
  curation workflows --json --strict
"""
)
@chosen(database=False)
@as_json
def workflows(options: Chosen, *, as_json: bool) -> None:
    """List the plugins and the workflows. No database is needed.

    A plugin that is wrong is listed with what is wrong and the remedy; with --strict the exit code is then 4.
    """
    from dataclasses import asdict

    loaded = load(options, quiet=not options.strict)
    if as_json:
        write_json({"workflows": _workflows(loaded), "plugins": [asdict(report) for report in loaded.host.reports]})
        return
    write_table([_row(loaded, name) for name in loaded.host.workflows])
    rest = [report for report in loaded.host.reports if report.name not in loaded.host.workflows]
    if rest:
        click.echo("\n".join(["", *map(str, rest)]))
    if not loaded.host.reports:
        click.echo("No plugin is installed. docs/tutorial/first-workflow.md makes one in ten minutes.")


def _workflows(loaded: Loaded) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "table": bound.workflow.table.fullname,
            "status": bound.workflow.status_column.name,
            "states": {role: str(word) for role, word in bound.workflow.states},
            "plugin": _plugin(bound.report),
            "policy": loaded.settings.policies[name].model_dump(),
        }
        for name, bound in loaded.host.workflows.items()
    ]


def _row(loaded: Loaded, name: str) -> dict[str, Any]:
    bound, policy = loaded.host.workflows[name], loaded.settings.policies[name]
    return {
        "workflow": name,
        "status_column": f"{bound.workflow.table.fullname}.{bound.workflow.status_column.name}",
        "looks": policy.cron or f"every {shown(policy.every)}",
        "batch": policy.batch_size,
        "at_once": policy.concurrency,
        "timeout": policy.timeout,
        "attempts": policy.max_attempts,
        "enabled": policy.enabled,
        "plugin": _plugin(bound.report),
    }


def _plugin(report: PluginReport) -> str:
    return report.value if report.distribution == "?" else f"{report.distribution} {report.version}"
