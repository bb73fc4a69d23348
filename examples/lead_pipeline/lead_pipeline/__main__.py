"""Runs the whole pipeline once, and shows what came of it: ``python -m lead_pipeline``."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from curation_core import EmbeddedPostgres
from lead_pipeline import desk, proof
from lead_pipeline.businesses import Ending, make_businesses
from lead_pipeline.history import read_history
from lead_pipeline.hosts import HostRun, Operator
from lead_pipeline.models import ExtractionStatus, ImportStatus, LocalBusiness, SitemapFile, Tables
from lead_pipeline.report import print_report
from lead_pipeline.town import SITES
from lead_pipeline.web import Town, open_town

EXTRACTED: Mapping[Ending, str] = {
    "done": ExtractionStatus.COMPLETED,
    "skipped": ExtractionStatus.COMPLETED,
    "failed": ExtractionStatus.ERROR,
}
IMPORTED: Mapping[Ending, str] = {
    "done": ImportStatus.COMPLETE,
    "skipped": ImportStatus.COMPLETE,
    "failed": ImportStatus.ERROR,
}


async def run_pipeline(engine: AsyncEngine, operator: Operator, town: Town, businesses: int) -> bool:
    """Take businesses to domains and domains to pages, print the report, and say whether all is as it must be.

    Args:
        engine: The application's database.
        operator: Who types the commands.
        town: The websites.
        businesses: How many.
    """
    rows = await desk.list_businesses(engine, make_businesses(businesses, [site.domain for site in SITES]))
    await desk.select_businesses(engine)
    snapshots = {"before": await desk.count_rows(engine)}
    _say(f"{len(rows):,} businesses are queued; two hosts look for their domains")
    extraction_hosts = await work(engine, operator, "extraction", LocalBusiness)
    snapshots["domains found"] = await desk.count_rows(engine)

    sitemaps = await desk.select_sitemaps(engine, SITES, town.origins)
    _say(f"{len(sitemaps)} sitemaps are queued; two hosts import them")
    import_hosts = await work(engine, operator, "import", SitemapFile)
    snapshots["pages found"] = after = await desk.count_rows(engine)

    histories = [await read_history(engine, workflow) for workflow in ("domain-extraction", "sitemap-import")]
    extraction, imports = histories
    findings = [
        *(("domain-extraction", finding) for finding in proof.judge_workflow(extraction, rows, extraction_hosts)),
        ("domain-extraction", proof.judge_statuses(after, "local_businesses", EXTRACTED, rows.values())),
        *(("sitemap-import", finding) for finding in proof.judge_workflow(imports, sitemaps, import_hosts)),
        ("sitemap-import", proof.judge_statuses(after, "sitemap_files", IMPORTED, sitemaps.values())),
        ("sitemap-import", proof.judge_requests(town, sitemaps.values())),
        *[("tables", finding) async for finding in proof.judge_tables(engine, rows, sitemaps)],
    ]
    print_report(snapshots, histories, findings)
    return all(finding.holds for _, finding in findings)


async def work(engine: AsyncEngine, operator: Operator, name: str, model: type[Tables]) -> list[HostRun]:
    """Let two hosts work until nothing is left.

    The table is held until both hosts wait for it: the first would else be done before the second has started.

    Args:
        engine: The database.
        operator: Who starts the hosts.
        name: What the hosts' logs are named.
        model: Whose status column is worked.
    """
    async with desk.holding(engine, model):
        pids = operator.start_hosts(name)
        while await desk.count_waiting(engine) < len(pids):
            operator.require_running()
            await asyncio.sleep(0.02)
    return await asyncio.to_thread(operator.wait_for_hosts)


def main(arguments: list[str]) -> int:
    """Start everything, run, stop everything.

    Args:
        arguments: What was typed after the command.

    Returns:
        0, or 1 if anything was not as it must be.
    """
    parser = argparse.ArgumentParser(prog="python -m lead_pipeline", description=__doc__)
    parser.add_argument("--businesses", type=int, default=2000, help="how many are listed (default: %(default)s)")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before a website answers")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that nothing is left running
    began = time.monotonic()
    with (
        TemporaryDirectory(prefix="lead-pipeline-") as folder,
        EmbeddedPostgres.throwaway() as server,
        Operator(Path(folder), server.url) as operator,
    ):
        desk.migrate(server.url)
        operator.upgrade_ledger()
        _say("PostgreSQL is up; the application's tables are made, and the engine's beside them")
        with open_town(SITES, options.latency) as town:
            _say(f"a town of {len(SITES)} websites is open on loopback")
            well = asyncio.run(_connected(server.url, operator, town, options.businesses))
        if not well:
            _say(operator.ends_of_logs())
    _say(f"{'all is as it must be' if well else 'NOT as it must be'}, after {time.monotonic() - began:.1f} s")
    return 0 if well else 1


async def _connected(url: str, operator: Operator, town: Town, businesses: int) -> bool:
    engine = create_async_engine(url)
    try:
        return await run_pipeline(engine, operator, town, businesses)
    finally:
        await engine.dispose()


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
