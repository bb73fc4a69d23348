"""The whole way: the real command works the queued sitemaps of the real tables."""

from __future__ import annotations

import asyncio
import sys
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
def curation(engine, tmp_path):
    """Run the command in a folder of its own; returns its exit code and what it said."""
    (tmp_path / "curation.toml").write_text(CONFIGURATION)
    url = engine.url.render_as_string(hide_password=False)

    async def run(*arguments: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "curation_core", *arguments, "--database", url),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode, output.decode()

    return run


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
    words = sa.table("sitemap_files", *map(sa.column, ("id", "domain_id", "url", "sitemap_import_status")))
    for path in paths:
        url = site.url(f"/{path}.xml")
        row = {words.c.id: uuid4(), words.c.domain_id: uuid4(), words.c.url: url}
        queued = sa.bindparam(None, "Queued", literal_execute=True)
        await session.execute(sa.insert(words).values({**row, words.c.sitemap_import_status: queued}))
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
