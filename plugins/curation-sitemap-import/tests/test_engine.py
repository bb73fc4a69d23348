"""The whole way: the real command works the queued sitemaps of the real tables."""

from __future__ import annotations

from uuid import uuid4

import pytest
import sqlalchemy as sa
from aiohttp import web

from curation_sitemap_import.models import Page, SitemapFile

CONFIGURATION = """
[workflows.sitemap-import]
max_attempts = 2
backoff = ["1ms"]

[workflows.sitemap-import.settings.fetch]
dangerously_admit_networks = ["127.0.0.0/8"]
"""


@pytest.fixture
def curation(engine, curation_command):
    """Run the command on the tables; returns its exit code and what it said."""
    url = engine.url.render_as_string(hide_password=False)

    async def run(*arguments: str, more: str = "") -> tuple[int, str]:
        return await curation_command(url, *arguments, configuration=CONFIGURATION + more)

    return run


async def queue(session, url):
    words = sa.table("sitemap_files", *map(sa.column, ("id", "domain_id", "url", "sitemap_import_status")))
    queued = sa.bindparam(None, "Queued", literal_execute=True)
    values = {"id": uuid4(), "domain_id": uuid4(), "url": url, "sitemap_import_status": queued}
    await session.execute(sa.insert(words).values(values))


async def test_queued_sitemaps_become_pages_and_every_row_ends_with_its_word(engine, session, site, curation):
    site.files |= {
        "/good.xml": "<urlset><url><loc>/contact</loc></url><url><loc>/x</loc></url></urlset>",
        "/index.xml": "<sitemapindex><sitemap><loc>/part.xml</loc></sitemap><sitemap><loc>/gone.xml</loc></sitemap>"
        "</sitemapindex>",
        "/part.xml": "<urlset><url><loc>/part</loc></url></urlset>",
        "/busy.xml": web.Response(status=503),
        "/page.xml": "<html>",
    }
    paths = ("good", "index", "busy", "page")
    for path in paths:
        await queue(session, site.url(f"/{path}.xml"))
    await session.commit()
    code, output = await curation("db", "upgrade")
    assert code == 0, output
    code, output = await curation("run", "--workflow", "sitemap-import", "--until-idle")
    assert code == 1, output

    files = {file.url.rpartition("/")[2]: file for file in await session.scalars(sa.select(SitemapFile))}
    told = {name: (file.sitemap_import_status, file.sitemap_import_error) for name, file in files.items()}
    assert told["good.xml"] == ("Complete", None)
    assert told["index.xml"] == (
        "Error",
        f"1 of 2 children failed: http_404: the server answered 404 ({site.url('/gone.xml')})",
    )
    assert told["busy.xml"][0] == "Error"
    assert told["busy.xml"][1].endswith(f"http_503: the server answered 503 ({site.url('/busy.xml')})")
    assert told["page.xml"] == ("Error", "html: it is a web page")
    assert [(files[f"{path}.xml"].status_code, files[f"{path}.xml"].url_count) for path in paths] == [
        (200, 2),
        (200, 1),
        (503, None),
        (200, None),
    ]
    pages = {page.url: page.page_processing_status for page in await session.scalars(sa.select(Page))}
    assert pages == {site.url("/contact"): "Queued", site.url("/x"): "Complete", site.url("/part"): "Complete"}
    assert site.asked.count("/busy.xml") == 2


FILES = {"domain_id": "site_id", "tenant_id": "owner", "url": "address", "sitemap_import_status": "step"}
FILES |= {"sitemap_import_error": "complaint", "url_count": "urls", "size_bytes": "bytes", "status_code": "answer"}
FILES |= {"is_gzipped": "packed", "has_lastmod": "dated", "last_processed_at": "read_at", "updated_at": "touched_at"}
PAGES = {"id": "page_id", "domain_id": "site_id", "tenant_id": "owner", "sitemap_file_id": "map_id", "url": "address"}
PAGES |= {"lead_source": "origin", "last_modified": "changed_at", "page_type": "category", "path_depth": "depth"}
PAGES |= {"priority_level": "priority", "honeybee_json": "decision", "page_curation_status": "curation"}
PAGES |= {"page_processing_status": "processing"}


def renaming(old, new, columns):
    """The statements that move a table and its columns, and what the configuration says of it."""
    moved = [f"alter table {old} rename {mapped} to {name}" for mapped, name in columns.items()]
    moved += [f"alter table {old} rename to {new}", f"alter table {new} set schema crm"]
    said = [f'columns.{mapped} = "{name}"' for mapped, name in columns.items()]
    return moved, "\n".join([f'name = "{new}"', 'schema = "crm"', *said])


async def test_tables_and_columns_may_be_called_otherwise(engine, session, site, curation):
    site.files["/good.xml"] = "<urlset><url><loc>/contact</loc><lastmod>2024-05-06</lastmod></url></urlset>"
    await queue(session, site.url("/good.xml"))
    await session.commit()
    (files, file_names), (pages, page_names) = (
        renaming("sitemap_files", "maps", FILES),
        renaming("pages", "hits", PAGES),
    )
    more = f"[workflows.sitemap-import.table]\n{file_names}\n[workflows.sitemap-import.tables.pages]\n{page_names}\n"
    async with engine.begin() as connection:
        for statement in map(sa.DDL, ("create schema crm", *files, *pages)):
            await connection.execute(statement)
    try:
        for arguments in (("db", "upgrade"), ("run", "--workflow", "sitemap-import", "--until-idle")):
            code, output = await curation(*arguments, more=more)
            assert code == 0, output
        found = sa.text(
            "select step::text, complaint, urls, answer, packed, dated, read_at is not null, hits.address, priority, "
            "category::text, processing::text, changed_at::date::text "
            "from crm.maps left join crm.hits on map_id = maps.id and hits.site_id = maps.site_id"
        )
        (row,) = await session.execute(found)
        await session.rollback()
        seen = (site.url("/contact"), 1, "contact_root", "Queued", "2024-05-06")
        assert tuple(row) == ("Complete", None, 1, 200, False, True, True, *seen)
    finally:
        async with engine.begin() as connection:
            await connection.execute(sa.text("drop schema crm cascade"))
