"""Prints what happened, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from rich.console import Console
from rich.table import Table

from lead_pipeline.finding import Finding
from lead_pipeline.funnel import Stage
from lead_pipeline.history import History

WIDTH = 120  # characters a line, where no terminal says how many it has


def funnel_table(stages: Iterable[Stage]) -> Table:
    """From places to contacts."""
    table = Table("stage", title="The funnel")
    for heading in ("in the tables", "by the town's definition"):
        table.add_column(heading, justify="right")
    for stage in stages:
        table.add_row(stage.name, f"{stage.found:,}", f"{stage.wanted:,}")
    return table


def speed_table(histories: Sequence[History], workers: Mapping[UUID, int], pids: Sequence[int]) -> Table:
    """What each workflow did, how fast, and which host how much of it."""
    table = Table("workflow", title="What the engine's history says (curation.attempt)")
    headings = ("rows", "attempts", "done", "skipped", "failed", "retried", "lost", "seconds", "rows/s", "by host")
    for heading in headings:
        table.add_column(heading, justify="right")
    for history in histories:
        rows, outcomes, shares = len(history.endings), history.outcomes, history.shares(workers)
        table.add_row(
            history.workflow,
            f"{rows:,}",
            f"{len(history.entries):,}",
            *(f"{outcomes[outcome]:,}" for outcome in ("done", "skipped", "failed", "retry", "lost")),
            f"{history.seconds:.1f}",
            f"{rows / history.seconds:,.0f}" if history.seconds else "?",
            " + ".join(f"{shares[pid]:,}" for pid in pids),
        )
    return table


def reason_table(histories: Sequence[History]) -> Table:
    """How often each reason occurs, by its code."""
    table = Table("workflow", "outcome", "reasons, and how often", title="Why rows were skipped or failed")
    for history in histories:
        table.add_section()
        for outcome in ("skipped", "failed"):
            told = ", ".join(f"{code} {count:,}" for code, count in history.codes(outcome).most_common())
            table.add_row(history.workflow, outcome, told or "-")
    return table


def finding_table(findings: Iterable[tuple[str, Finding]]) -> Table:
    """What was to be shown, and whether it was."""
    table = Table("about", "statement", "", "counted", title="What must hold")
    previous = ""
    for subject, finding in findings:
        if subject != previous:
            table.add_section()
        mark = "[green]yes[/green]" if finding.holds else "[bold red]NO[/bold red]"
        table.add_row("" if subject == previous else subject, finding.statement, mark, finding.evidence)
        previous = subject
    return table


def print_tables(*tables: Table) -> None:
    """Print them."""
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    for table in tables:
        console.print(table)
