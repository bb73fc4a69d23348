"""What stands in the tables in the end, and whether it is what the town makes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Executable, column, func, select, table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from lead_pipeline.desk import Counts
from lead_pipeline.fates import Ending, Fate
from lead_pipeline.finding import Finding, compare, some
from lead_pipeline.history import CLAIM
from lead_pipeline.models import Contact, Domain, LocalBusiness, Page, Place, SitemapFile
from lead_pipeline.truth import Truth
from lead_pipeline.words import AnalysisStatus, ImportStatus, PageStatus, ScanStatus

POINT = table("contact_points", column("page_id"), column("value"))
DAY = table("deep_scan_days", column("calls"))
SCANNED: Mapping[Ending, str] = {
    "done": ScanStatus.COMPLETED,
    "skipped": ScanStatus.COMPLETED,
    "failed": ScanStatus.ERROR,
}
ANALYSED: Mapping[Ending, str] = {
    "done": AnalysisStatus.SUBMITTED,
    "skipped": AnalysisStatus.SUBMITTED,
    "failed": AnalysisStatus.FAILED,
}
IMPORTED: Mapping[Ending, str] = {
    "done": ImportStatus.COMPLETE,
    "skipped": ImportStatus.COMPLETE,
    "failed": ImportStatus.ERROR,
}
VISITED: Mapping[Ending, str] = {
    "done": PageStatus.COMPLETE,
    "skipped": PageStatus.COMPLETE,
    "failed": PageStatus.ERROR,
}


@dataclass(frozen=True, slots=True)
class Stored:
    """What was found in the tables, by names that are known beforehand.

    Args:
        names: The names of the rows by their keys, by workflow.
        domains: The names of all domains, each with the place ID of its business.
        contacts: Domain and address of each contact.
        phones: URL and number of each number that stands alone.
        claims: How many rows somebody still holds.
        calls: How many calls were counted as paid.
    """

    names: Mapping[str, Mapping[str, str]]
    domains: Sequence[tuple[str, str]]
    contacts: Sequence[tuple[str, str]]
    phones: Sequence[tuple[str, str]]
    claims: int
    calls: int

    @property
    def keys(self) -> dict[str, dict[str, str]]:
        """The keys of the rows by their names, by workflow."""
        return {workflow: {name: key for key, name in names.items()} for workflow, names in self.names.items()}


async def read_stored(engine: AsyncEngine) -> Stored:
    """Read it."""
    async with engine.connect() as connection:
        names = {
            "deep-scan": await _by_key(connection, select(Place.id, Place.place_id)),
            "domain-extraction": await _by_key(connection, select(LocalBusiness.id, LocalBusiness.place_id)),
            "sitemap-discovery": await _by_key(connection, select(Domain.id, Domain.domain)),
            "sitemap-import": await _by_key(connection, select(SitemapFile.id, SitemapFile.url)),
            "page-curation": await _by_key(connection, select(Page.id, Page.url)),
        }
        whose = select(Domain.domain, LocalBusiness.place_id).outerjoin_from(Domain, LocalBusiness)
        contacts = select(Domain.domain, Contact.email).join_from(Contact, Domain)
        numbers = select(Page.url, POINT.c.value).join_from(Page, POINT, POINT.c.page_id == Page.id)
        return Stored(
            names,
            await _pairs(connection, whose),
            await _pairs(connection, contacts),
            await _pairs(connection, numbers),
            (await connection.execute(select(func.count()).select_from(CLAIM))).scalar_one(),
            (await connection.execute(select(func.coalesce(func.sum(DAY.c.calls), 0)))).scalar_one(),
        )


async def _by_key(connection: AsyncConnection, asked: Executable) -> dict[str, str]:
    return {str(key): str(name) for key, name in await connection.execute(asked)}


async def _pairs(connection: AsyncConnection, asked: Executable) -> list[tuple[str, str]]:
    return [(str(first), str(second)) for first, second in await connection.execute(asked)]


def judge_stored(stored: Stored, truth: Truth) -> Iterator[Finding]:
    """What must stand in the application's tables, and in the engine's.

    Args:
        stored: What does.
        truth: What must.
    """
    rows = {workflow: list(names.values()) for workflow, names in stored.names.items()}
    yield compare("each place that can be had is one business", rows["domain-extraction"], truth.businesses)
    yield compare("each website is one domain", rows["sitemap-discovery"], truth.domains)
    strange = [domain for domain, place_id in stored.domains if truth.websites.get(place_id) != domain]
    yield Finding("each domain leads back to a business that has it", not strange, some(strange) or "all do")
    yield compare("each sitemap that can be found is one row", rows["sitemap-import"], truth.sitemaps)
    yield compare("each page of each sitemap is one row", rows["page-curation"], truth.pages)
    yield compare("each address on a page is one contact", stored.contacts, truth.contacts)
    yield compare("each number that stands alone is kept", stored.phones, truth.phones)
    yield Finding("nobody holds a row any more", not stored.claims, f"{stored.claims} claims")


def judge_statuses(counts: Counts, truth: Truth) -> Iterator[Finding]:
    """Whether the words in the tables are the ones that the rows' endings stand for.

    Args:
        counts: Rows by status, by table.
        truth: How the rows must end.
    """
    queues: tuple[tuple[str, Mapping[Ending, str], Mapping[str, Fate]], ...] = (
        ("places_staging", SCANNED, truth.places),
        ("local_businesses", SCANNED, truth.businesses),
        ("domains", ANALYSED, truth.domains),
        ("sitemap_files", IMPORTED, truth.sitemaps),
        ("pages", VISITED, truth.visits),
    )
    for name, words, fates in queues:
        wanted = Counter(words[fate.ending] for fate in fates.values())
        if name == "pages":  # those that were not queued are Filtered, or Complete from the beginning
            wanted[PageStatus.FILTERED] = len(truth.filtered)
            wanted[PageStatus.COMPLETE] += len(truth.pages) - len(truth.visits) - len(truth.filtered)
        found = counts.get(name, {})
        told = ", ".join(f"{n:,} {word or 'none'}" for word, n in sorted(found.items()))
        yield Finding(f"the words in {name} say so", found == wanted, told)
