"""What must hold after the run. Each statement is counted from the tables and the history, none is assumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from lead_pipeline.businesses import Business, Ending
from lead_pipeline.desk import Counts
from lead_pipeline.history import CLAIM, History
from lead_pipeline.hosts import HostRun
from lead_pipeline.models import Domain, Page
from lead_pipeline.town import Site
from lead_pipeline.web import Town

OFTEN = {0: "never", 1: "once", 2: "twice"}

Foretold = Business | Site
"""A row of which is known how it must end."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement and whether it held.

    Args:
        statement: What must be so.
        holds: Whether it is.
        evidence: What was counted.
    """

    statement: str
    holds: bool
    evidence: str


def judge_workflow(history: History, foretold: Mapping[UUID, Foretold], hosts: Sequence[HostRun]) -> Iterator[Finding]:
    """What must hold of one workflow's history.

    Args:
        history: What the engine wrote down.
        foretold: How each row that was queued must end.
        hosts: The processes that ran.
    """
    endings = history.endings
    times = Counter(len(endings.get(key, ())) for key in foretold)
    yield Finding(
        "every queued row was ended exactly once",
        times == {1: len(foretold)},
        ", ".join(f"{rows:,} {OFTEN.get(count, f'{count} times')}" for count, rows in sorted(times.items())),
    )
    strangers = set(endings) - set(foretold)
    yield Finding("no other row was touched", not strangers, f"{len(strangers)} others")
    other = [
        f"{key}: {entry.outcome} {entry.reason!r}"
        for key, row in foretold.items()
        for entry in endings.get(key, ())
        if entry.outcome != row.ending or row.code not in entry.reason
    ]
    alike = sum(times[count] * count for count in times) - len(other)
    yield Finding(
        "every row ended as it was made to",
        alike == len(foretold) and not other,
        _some(other) or f"{alike:,} of {len(foretold):,}",
    )
    shares = history.shares
    working = sum(share > 0 for share in shares)
    yield Finding("both hosts took part", working == len(hosts), " + ".join(map(str, shares)))
    failed, codes = history.outcomes["failed"], [run.code for run in hosts]
    yield Finding("the hosts' exit codes tell of failures", (1 in codes) == (failed > 0), f"{codes}, {failed} failed")


async def judge_tables(
    engine: AsyncEngine, businesses: Mapping[UUID, Business], sitemaps: Mapping[UUID, Site]
) -> AsyncIterator[Finding]:
    """What must stand in the application's tables, and in the engine's.

    Args:
        engine: The database.
        businesses: The businesses by their keys.
        sitemaps: The sites by their sitemaps' keys.
    """
    async with engine.connect() as connection:
        domains = (await connection.execute(select(Domain.domain, Domain.local_business_id))).all()
        pages = select(Page.sitemap_file_id, func.count()).group_by(Page.sitemap_file_id)
        stored = dict((await connection.execute(pages)).all())
        claims = (await connection.execute(select(func.count()).select_from(CLAIM))).scalar_one()
    wanted = {business.domain for business in businesses.values() if business.domain}
    found = {domain for domain, _ in domains}
    yield Finding("each website became one domain", found == wanted, f"{len(found)} of {len(wanted)}")
    strange = [domain for domain, key in domains if key is None or businesses[key].domain != domain]
    yield Finding("each domain leads back to a business that has it", not strange, _some(strange) or "all do")
    unlike = [
        f"{site.domain}: {stored.get(key, 0)} for {site.pages}"
        for key, site in sitemaps.items()
        if stored.get(key, 0) != site.pages
    ]
    pages_stored = f"{sum(stored.values()):,} pages"
    yield Finding("each sitemap's pages are stored, and no others", not unlike, _some(unlike) or pages_stored)
    yield Finding("nobody holds a row any more", not claims, f"{claims} claims")


def judge_statuses(counts: Counts, queue: str, words: Mapping[Ending, str], rows: Iterable[Foretold]) -> Finding:
    """Whether the status words in a table are the ones that its rows' endings stand for.

    Args:
        counts: Rows by table and status.
        queue: The table.
        words: Its words for the endings.
        rows: How its rows must end.
    """
    wanted = Counter(words[row.ending] for row in rows)
    found = {word: count for (table, word), count in counts.items() if table == queue}
    return Finding(
        f"the statuses of {queue} say so", found == wanted, ", ".join(f"{n} {word}" for word, n in found.items())
    )


def judge_requests(town: Town, sites: Iterable[Site]) -> Finding:
    """Whether the websites themselves were asked once, where once was enough."""
    asked = {site.domain: town.requests[town.origins[site.domain] + site.sitemap] for site in sites if site.once}
    again = [f"{domain}: {times} times" for domain, times in asked.items() if times != 1]
    return Finding("each sound sitemap was fetched once", not again, _some(again) or f"{len(asked)} sites say so")


def _some(exceptions: Sequence[str]) -> str:
    more = [f"and {len(exceptions) - 3} more"] if len(exceptions) > 3 else []  # noqa: PLR2004 - as many as are read
    return "; ".join([*exceptions[:3], *more])
