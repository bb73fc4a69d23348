"""``curation plugin check``: what is wrong with a plugin, as far as it can be told without a database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from curation_core._cli.exits import Exit
from curation_core._cli.options import Chosen, as_json, chosen
from curation_core._cli.output import write_json
from curation_core._cli.session import load_host
from curation_core.errors import PluginError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curation_core._declared import Finding
    from curation_core.host import Host, PluginReport


class Checked(NamedTuple):
    """A plugin, and what was found.

    Args:
        report: The host's.
        findings: What its author should mend though a host takes it.
    """

    report: PluginReport
    findings: list[Finding]


@click.group()
def plugin() -> None:
    """Find out what is wrong with a plugin."""


@plugin.command(
    epilog="""\b
Examples:
  curation plugin check
  curation plugin check --plugin titles titles
  curation plugin check --json
"""
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@chosen(database=False, strict=False)
@as_json
def check(options: Chosen, *, names: tuple[str, ...], as_json: bool) -> None:
    """Check the plugins with these names, or all. No database is needed.

    The exit code is 4 where a host would refuse one, or none is there; 1 where something else is to be mended.
    """
    from curation_core.host import PluginState

    host = load_host(options, insist=False)
    checked = [Checked(report, list(_findings(host, report))) for report in _wanted(host, names)]
    if as_json:
        write_json({"plugins": [_plain(one) for one in checked]})
    else:
        _write(checked)
    counted = [one for one in checked if one.report.state is not PluginState.BLOCKED]
    if not counted:
        what = (
            "every one of them is blocked" if checked else "no plugin is installed (`curation new-plugin` writes one)"
        )
        message = f"nothing to check: {what}"
        raise PluginError(message)
    refused = sum(one.report.state is not PluginState.OK for one in counted)
    found = sum(bool(one.findings) for one in counted)
    if not as_json:
        well = len(counted) - refused - found
        click.echo(f"{len(counted)} checked: {well} well, {refused} refused, {found} to be mended")
    click.get_current_context().exit(Exit.PLUGINS if refused else Exit.FOUND if found else Exit.WELL)


def _wanted(host: Host, names: Sequence[str]) -> list[PluginReport]:
    known = [report.name for report in host.reports]
    for name in names:
        if name not in known:
            there_are = ", ".join(sorted(set(known))) or "none"
            message = f"no plugin {name!r}{did_you_mean(name, known)} (there are: {there_are})"
            raise click.BadParameter(message, param_hint="NAME")
    return [report for report in host.reports if not names or report.name in names]


def _findings(host: Host, report: PluginReport) -> Iterator[Finding]:
    from curation_core._declared import range_findings, secret_findings, settings_findings, swallowing_findings
    from curation_core.host import PluginState

    if report.state is not PluginState.OK:
        return
    yield from range_findings(report)
    if report.name in host.workflows:
        workflow = host.workflows[report.name].workflow
        yield from settings_findings(report.name, workflow)
        yield from secret_findings(workflow)
        yield from swallowing_findings(host.workflows[report.name])
        yield from _unwritable(host, report.name)


def _unwritable(host: Host, name: str) -> Iterator[Finding]:
    """Whether the engine's statements can be made for the table as the model has it."""
    from curation_core._cli.statements import statements, written
    from curation_core._declared import Finding
    from curation_core._judge import describe
    from curation_core._sql.rows import Rows
    from curation_core.settings import DatabaseSettings

    workflow = host.workflows[name].workflow
    try:
        for _, statement in statements(Rows(name, workflow), DatabaseSettings()):
            written(statement, workflow.defaults.batch_size)
    except Exception as error:  # noqa: BLE001 - its where and order_by are its own: they may raise anything
        problem = f"no statements can be made for it: {describe(error)}"
        yield Finding(problem, "mend the columns, `where` and `order_by` that declare_workflow names")


def _plain(one: Checked) -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(one.report), "findings": [finding._asdict() for finding in one.findings]}


def _write(checked: Sequence[Checked]) -> None:
    for report, findings in checked:
        click.echo(str(report))
        for problem, remedy in findings:
            click.echo(f"  to be mended: {problem}\n  remedy: {remedy}")
