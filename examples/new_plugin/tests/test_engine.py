"""The whole way: the real command works the queued domains of the real tables."""

from __future__ import annotations

from uuid import uuid4

import pytest
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from curation_sitemap_discovery.models import Domain, SitemapFile

CONFIGURATION = """
[workflows.sitemap-discovery]
max_attempts = 2
backoff = ["1ms"]

[workflows.sitemap-discovery.settings]
gap_seconds = 0

[workflows.sitemap-discovery.settings.fetch]
dangerously_admit_networks = ["127.0.0.0/8"]
dangerously_connect_to = "{address}"
"""


@pytest.fixture
def curation(engine, curation_command, sites):
    """Run the command on the tables; returns its exit code and what it said."""
    url = engine.url.render_as_string(hide_password=False)
    configuration = CONFIGURATION.replace("{address}", sites.address)

    async def run(*arguments: str) -> tuple[int, str]:
        return await curation_command(url, *arguments, configuration=configuration)

    return run


async def test_queued_domains_become_sitemaps_and_every_row_ends_with_its_word(engine, sites, curation):
    sites.files |= {
        "good.example/robots.txt": "Sitemap: http://good.example/a.xml\nSitemap: http://good.example/index.xml",
        "usual.example/sitemap.xml": "<urlset><url><loc>/</loc></url></urlset>",
        "busy.example/robots.txt": web.Response(status=500),
    }
    queued = sa.bindparam(None, "queued", literal_execute=True)
    keys = {f"{name}.example": uuid4() for name in ("good", "usual", "none", "busy")}
    tenant = uuid4()
    async with AsyncSession(engine) as session, session.begin():
        for domain, key in keys.items():
            row = {Domain.id: key, Domain.domain: domain, Domain.tenant_id: tenant}
            await session.execute(sa.insert(Domain).values({**row, Domain.sitemap_analysis_status: queued}))
        there = {"id": uuid4(), "domain_id": keys["good.example"], "url": "http://good.example/a.xml"}
        await session.execute(sa.insert(SitemapFile).values(**there, sitemap_type="by hand"))
    code, output = await curation("db", "upgrade")
    assert code == 0, output
    code, output = await curation("run", "--workflow", "sitemap-discovery", "--until-idle")
    assert code == 1, output

    async with AsyncSession(engine) as session:
        domains = {row.domain: row for row in await session.scalars(sa.select(Domain))}
        files = {row.url: row for row in await session.scalars(sa.select(SitemapFile))}
    assert {domain: row.sitemap_analysis_status for domain, row in domains.items()} == {
        "good.example": "submitted",
        "usual.example": "submitted",
        "none.example": "submitted",
        "busy.example": "failed",
    }
    assert domains["busy.example"].sitemap_analysis_error.partition(": http_500")[1]
    assert sites.asked.count("busy.example/robots.txt") == 2
    found = {url: (row.sitemap_type, row.discovery_method, row.sitemap_import_status) for url, row in files.items()}
    assert found == {
        "http://good.example/a.xml": ("by hand", None, None),
        "http://good.example/index.xml": ("INDEX", "ROBOTS_TXT", "Queued"),
        "http://usual.example/sitemap.xml": ("STANDARD", "COMMON_PATH", "Queued"),
    }
    new = files["http://usual.example/sitemap.xml"]
    assert (new.domain_id, new.tenant_id) == (keys["usual.example"], tenant)
