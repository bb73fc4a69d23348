"""What was found is written once, however often and in whatever shape the status columns are."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from curation_core import Done
from curation_sitemap_import import plugin
from curation_sitemap_import.categories import HONEYBEE, decide
from curation_sitemap_import.findings import Findings
from curation_sitemap_import.harvest import Harvest
from curation_sitemap_import.models import Page, SitemapFile
from curation_sitemap_import.saving import save_result

TIME = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def found(*urls: str, dates=()) -> Findings:
    harvest = Harvest()
    for number, url in enumerate(urls):
        decision, depth = decide(url, HONEYBEE)
        harvest.add(url, dates[number] if dates else None, depth, decision)
    return Findings(pages=harvest, status_code=200, size_bytes=123, is_gzipped=True)


async def test_a_page_is_written_with_all_its_columns(session, new_item):
    item = await new_item()
    await save_result(session, item, found("https://a/contact", dates=[TIME]))
    page = (await session.scalars(sa.select(Page))).one()
    assert page.id is not None
    assert (page.domain_id, page.tenant_id, page.sitemap_file_id) == (item.domain_id, item.tenant_id, item.id)
    assert (page.url, page.last_modified, page.lead_source) == ("https://a/contact", TIME, "sitemap_import")
    assert (page.page_type, page.path_depth, page.priority_level) == ("contact_root", 1, 1)
    assert (page.page_curation_status, page.page_processing_status) == ("Selected", "Queued")
    assert page.honeybee_json == {
        "v": 1,
        "decision": {"category": "contact_root", "confidence": 0.9, "matched_regex": "contact_root"},
        "exclusions": [],
    }


async def test_every_decision_finds_its_words_whether_the_columns_are_enums_or_text(session, new_item):
    paths = ("contact", "careers/contact", "legal/terms", "legal/terms/eu", "wp-admin", "blog/x", "x")
    await save_result(session, await new_item(), found(*(f"https://a/{path}" for path in paths)))
    columns = Page.url, Page.page_type, Page.page_curation_status, Page.page_processing_status, Page.priority_level
    rows = {row[0]: tuple(row[1:]) for row in await session.execute(sa.select(*columns))}
    assert rows == {
        "https://a/contact": ("contact_root", "Selected", "Queued", 1),
        "https://a/careers/contact": ("career_contact", "Selected", "Queued", 1),
        "https://a/legal/terms": ("legal_root", "Selected", "Queued", 1),
        "https://a/legal/terms/eu": ("legal_root", "New", "Complete", 1),
        "https://a/wp-admin": ("wp_prospect", "New", "Complete", 1),
        "https://a/blog/x": ("unknown", "New", "Filtered", 3),
        "https://a/x": ("unknown", "New", "Complete", 3),
    }


async def test_what_is_known_of_the_sitemap_is_written_back(session, new_item):
    item = await new_item()
    await save_result(session, item, found("https://a/1", "https://a/2", dates=[None, TIME]))
    row = (await session.scalars(sa.select(SitemapFile).where(SitemapFile.id == item.id))).one()
    assert (row.url_count, row.size_bytes, row.status_code) == (2, 123, 200)
    assert (row.is_gzipped, row.has_lastmod) == (True, True)
    assert row.last_processed_at is not None
    assert row.sitemap_import_status is None


async def test_what_is_not_known_is_left_as_it_was(session, new_item):
    item = await new_item()
    await save_result(session, item, found("https://a/1"))
    await save_result(session, item, Findings(status_code=404))
    row = (await session.scalars(sa.select(SitemapFile).where(SitemapFile.id == item.id))).one()
    assert (row.url_count, row.size_bytes, row.is_gzipped, row.status_code) == (1, 123, True, 404)


async def test_writing_the_same_again_adds_nothing_and_changes_nothing(session, new_item):
    item = await new_item()
    result = found(*(f"https://a/{number}" for number in range(1500)))
    assert await save_result(session, item, result) == 1500
    await session.execute(sa.update(Page).values(page_processing_status=sa.null()))
    assert await save_result(session, item, result) == 0
    assert await session.scalar(sa.select(sa.func.count(Page.page_processing_status))) == 0


async def test_a_url_listed_twice_is_one_page_and_another_domains_is_another(session, new_item):
    first, second = await new_item(), await new_item()
    assert await save_result(session, first, found("https://a/1", "https://a/1", "https://a/2")) == 2
    assert await save_result(session, second, found("https://a/1")) == 1


async def test_dates_may_be_missing_at_any_place(session, new_item):
    urls = [f"https://a/{number}" for number in range(4)]
    await save_result(session, await new_item(), found(*urls[:2], dates=[TIME, None]))
    await save_result(session, await new_item(), found(*urls[2:], dates=[None, TIME]))
    dates = {row.url: row.last_modified for row in await session.scalars(sa.select(Page))}
    assert dates == {urls[0]: TIME, urls[1]: None, urls[2]: None, urls[3]: TIME}


async def test_more_rows_than_a_statement_has_parameters_are_saved(session, new_item):
    assert await save_result(session, await new_item(), found(*(f"https://a/{n}" for n in range(6_000)))) == 6_000


async def test_the_longest_url_that_is_kept_fits_the_unique_index(session, new_item):
    url = "https://a/" + "".join(f"{number * 7919 % 1_000_003:x}" for number in range(1000))
    assert await save_result(session, await new_item(), found(url[:2048])) == 1


async def test_an_import_goes_from_the_web_to_the_tables(session, new_item, site, run_item):
    listed = "".join(f"<url><loc>/{number}</loc></url>" for number in range(3000))
    site.files["/s.xml"] = f"<urlset><url><loc>/contact</loc><lastmod>2024-05-06</lastmod></url>{listed}</urlset>"
    item = await new_item(site.url("/s.xml"))
    for added in (3001, 0):
        outcome = await run_item(item.url)
        assert isinstance(outcome, Done)
        before = await session.scalar(sa.select(sa.func.count(Page.id)))
        await plugin.save_result(session, item, outcome.result)
        assert await session.scalar(sa.select(sa.func.count(Page.id))) - before == added
    queued = [page.url for page in await session.scalars(sa.select(Page)) if page.page_processing_status == "Queued"]
    assert queued == [site.url("/contact")]
