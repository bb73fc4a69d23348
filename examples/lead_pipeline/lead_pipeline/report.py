"""Prints what happened, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from lead_pipeline.desk import Counts
from lead_pipeline.history import History
from lead_pipeline.proof import Finding

WIDTH = 120  # characters a line, where no terminal says how many it has


def status_table(snapshots: Mapping[str, Counts]) -> Table:
    """Rows by table and status, one column a moment."""
    table = Table("table", "status", title="Rows by status")
    for moment in snapshots:
        table.add_column(moment, justify="right")
    previous = ""
    for name, word in dict.fromkeys(key for counts in snapshots.values() for key in counts):
        if name != previous:
            table.add_section()
        numbers = [counts.get((name, word), 0) for counts in snapshots.values()]
        table.add_row(name if name != previous else "", word, *(f"{number:,}" if number else "·" for number in numbers))
        previous = name
    return table


def speed_table(histories: Sequence[History]) -> Table:
    """What each workflow did, how fast, and which host how much of it."""
    table = Table("workflow", title="What the engine's history says (curation.attempt)")
    for heading in ("rows", "attempts", "done", "skipped", "failed", "retried", "seconds", "rows/s", "by host"):
        table.add_column(heading, justify="right")
    for history in histories:
        rows, outcomes = len(history.endings), history.outcomes
        table.add_row(
            history.workflow,
            f"{rows:,}",
            f"{len(history.entries):,}",
            *(f"{outcomes[outcome]:,}" for outcome in ("done", "skipped", "failed", "retry")),
            f"{history.seconds:.1f}",
            f"{rows / history.seconds:,.0f}" if history.seconds else "?",
            " + ".join(f"{share:,}" for share in history.shares),
        )
    return table


def reason_table(histories: Sequence[History]) -> Table:
    """How often each reason occurs, by its code."""
    table = Table("workflow", "outcome", "reason", title="Why rows were skipped or failed")
    table.add_column("rows", justify="right")
    for history in histories:
        for outcome, reasons in (("skipped", history.skips), ("failed", history.failures)):
            table.add_section()
            for reason, count in reasons.most_common():
                table.add_row(history.workflow, outcome, reason, f"{count:,}")
    return table


def finding_table(findings: Iterable[tuple[str, Finding]]) -> Table:
    """What was to be shown, and whether it was."""
    table = Table("about", "statement", "", "counted", title="What must hold")
    for subject, finding in findings:
        mark = "[green]yes[/green]" if finding.holds else "[bold red]NO[/bold red]"
        table.add_row(subject, finding.statement, mark, finding.evidence)
    return table


def print_report(
    snapshots: Mapping[str, Counts], histories: Sequence[History], findings: Sequence[tuple[str, Finding]]
) -> None:
    """Print all of it."""
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    console.print(status_table(snapshots))
    console.print(speed_table(histories))
    console.print(reason_table(histories))
    console.print(finding_table(findings))
