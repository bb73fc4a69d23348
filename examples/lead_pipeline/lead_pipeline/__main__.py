"""Runs the whole pipeline once, and shows what came of it: ``python -m lead_pipeline``."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from curation_core import EmbeddedPostgres
from lead_pipeline import desk, report
from lead_pipeline.accident import Accident, judge_accident, judge_hosts, strike
from lead_pipeline.finding import Finding
from lead_pipeline.funnel import progress, stages
from lead_pipeline.history import WORKFLOWS, read_history, read_workers
from lead_pipeline.hosts import Operator
from lead_pipeline.models import Page, Place
from lead_pipeline.outside import judge_outside
from lead_pipeline.places import make_places, open_places
from lead_pipeline.proof import judge_workflow
from lead_pipeline.stored import judge_statuses, judge_stored, read_stored
from lead_pipeline.town import SPECIAL, build_town
from lead_pipeline.truth import foretell
from lead_pipeline.web import open_town

SAY_EVERY = 3.0  # seconds
LOOK_EVERY = 0.1  # seconds


async def run_pipeline(engine: AsyncEngine, operator: Operator, options: argparse.Namespace) -> bool:
    """Take places to contacts, print what came of it, and say whether all is as it must be.

    Args:
        engine: The application's database.
        operator: Who types the commands.
        options: What was typed.
    """
    found = make_places(options.places, [site.domain for site in SPECIAL])
    sites = build_town([place.business.domain for place in found if place.business.domain])
    truth = foretell(found, sites)
    async with open_town(sites, options.latency) as town, open_places(found) as stub:
        _say(f"a town of {len(sites)} websites is open on loopback, and a stand-in for Google's Places API")
        operator.configure(town.address, stub.base_url)
        await asyncio.to_thread(operator.upgrade)
        await desk.queue_places(engine, found)
        operator.start_hosts(options.hosts)
        _say(f"{len(found):,} places are queued; {options.hosts} hosts start, each with five workflows")
        _say("how far they are, as rows that are ended of rows that are there:")
        accident, workers = await watch(engine, operator)
        codes = await asyncio.to_thread(operator.stop_hosts)
    histories = [await read_history(engine, workflow) for workflow in WORKFLOWS]
    stored = await read_stored(engine)
    findings = [
        *_about("hosts", judge_hosts(histories, workers, codes)),
        *_about("the killed host", judge_accident(accident, histories, workers)),
        *[
            (history.workflow, finding)
            for history, fates in zip(histories, truth.fates, strict=True)
            for finding in judge_workflow(history, fates, stored.names[history.workflow])
        ],
        *_about("tables", judge_stored(stored, truth)),
        *_about("statuses", judge_statuses(await desk.count_rows(engine), truth)),
        *_about("outside", judge_outside(histories, stored, truth, stub.calls, town.requests)),
    ]
    report.print_tables(
        report.funnel_table(stages(stored, truth, len(histories[-1].endings))),
        report.speed_table(histories, workers, list(codes)),
        report.reason_table(histories),
        report.finding_table(findings),
    )
    again = histories[0].outcomes["retry"]
    calls = sum(stub.calls.values())
    _say(f"{calls:,} calls were paid for {len(truth.places):,} places, {again} of them because the API was busy")
    _say(f"{sum(finding.holds for _, finding in findings)} of {len(findings)} statements hold")
    return all(finding.holds for _, finding in findings)


async def watch(engine: AsyncEngine, operator: Operator) -> tuple[Accident | None, dict[UUID, int]]:
    """Decide what to follow, as people do, until nothing is left to do. The first host is killed on the way.

    Args:
        engine: The database.
        operator: Who started the hosts.

    Returns:
        What was seen of its death, and the processes of all workers: a dead one's row does not stay.
    """
    accident: Accident | None = None
    workers: dict[UUID, int] = {}
    said, said_at = "", time.monotonic()
    while True:
        operator.require_running()
        await desk.decide(engine)
        workers |= await read_workers(engine)
        counts = await desk.count_rows(engine)
        if time.monotonic() - said_at > SAY_EVERY and (line := progress(counts)) != said:
            _say(line)
            said, said_at = line, time.monotonic()
        paid = not desk.unfinished_in(counts, Place)  # else a call that was paid for might be lost with the host
        if accident is None and paid and desk.unfinished_in(counts, Page):
            accident = await strike(engine, operator, operator.pids[0])
            if accident is not None:
                _say(f"host 1 is killed while it holds {len(accident.held)} rows")
        if not desk.unfinished(counts):
            return accident, workers
        await asyncio.sleep(LOOK_EVERY)


def _about(subject: str, findings: Iterator[Finding]) -> Iterator[tuple[str, Finding]]:
    return ((subject, finding) for finding in findings)


def main(arguments: list[str]) -> int:
    """Start everything, run, stop everything.

    Args:
        arguments: What was typed after the command.

    Returns:
        0, or 1 if anything was not as it must be.
    """
    parser = argparse.ArgumentParser(prog="python -m lead_pipeline", description=__doc__)
    parser.add_argument("--places", type=int, default=200, help="how many are queued (default: %(default)s)")
    parser.add_argument("--hosts", type=int, default=3, help="how many work, two at least (default: %(default)s)")
    parser.add_argument("--latency", type=float, default=0.02, help="seconds before a website answers")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that nothing is left running
    began = time.monotonic()
    with (
        TemporaryDirectory(prefix="lead-pipeline-") as folder,
        EmbeddedPostgres.throwaway() as server,
        Operator(Path(folder), server.url) as operator,
    ):
        desk.migrate(server.url)
        _say("PostgreSQL is up, and the application's tables are made")
        well = asyncio.run(_connected(server.url, operator, options))
        if not well:
            _say(operator.ends_of_logs())
    _say(f"{'all is as it must be' if well else 'NOT as it must be'}, after {time.monotonic() - began:.1f} s")
    return 0 if well else 1


async def _connected(url: str, operator: Operator, options: argparse.Namespace) -> bool:
    engine = create_async_engine(url)
    try:
        return await run_pipeline(engine, operator, options)
    finally:
        await engine.dispose()


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
