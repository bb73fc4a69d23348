"""The whole way: the real command works the queued pages of the real tables."""

from __future__ import annotations

import asyncio
import sys

import pytest
import sqlalchemy as sa
from aiohttp import web

from curation_page_curation.models import Contact, ContactPoint, Page

CONFIGURATION = """
[workflows.page-curation]
max_attempts = 2
backoff = ["1ms"]

[workflows.page-curation.settings]
gap_seconds = 0.01

[workflows.page-curation.settings.fetch]
dangerously_admit_networks = ["127.0.0.0/8"]
"""
PAGE = "<title>{0}</title><a href='mailto:Info@Joes.com'>Write</a> <p>650-253-0000"


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


@pytest.mark.parametrize("native_enums", [True, False], ids=["native enums", "text"])
async def test_queued_pages_are_read_and_every_row_ends_with_its_word(session, site, new_page, curation):
    site.files |= {
        "/robots.txt": "User-agent: *\nDisallow: /private",
        "/contact": PAGE.format("Contact"),
        "/about": PAGE.format("About"),
        "/phone": "<p>650-253-0001",
        "/nobody": "<p>Nothing",
        "/deep": b"<div>" * 60_000,
        "/busy": web.Response(status=500),
        "/menu.pdf": web.Response(body=b"%PDF", content_type="application/pdf"),
        "/private": PAGE.format("Private"),
    }
    first = await new_page(site.url("/contact"))
    paths = ("/about", "/phone", "/nobody", "/deep", "/busy", "/menu.pdf", "/private", "/gone")
    for path in paths:
        await new_page(site.url(path), first.domain_id)
    await session.execute(sa.text("DROP TABLE host_slots, contact_points"))
    await session.commit()
    code, output = await curation("db", "upgrade")
    assert code == 0, output
    assert "host_slots" in output
    code, output = await curation("run", "--workflow", "page-curation", "--until-idle")
    assert code == 1, output

    pages = {page.url.removeprefix(site.base): page for page in await session.scalars(sa.select(Page))}
    told = {path: (page.page_processing_status, page.contact_scrape_status) for path, page in pages.items()}
    assert told == {
        "/contact": ("Complete", "ContactFound"),
        "/about": ("Complete", "ContactFound"),
        "/phone": ("Complete", "ContactFound"),
        "/nobody": ("Complete", "NoContactFound"),
        "/deep": ("Error", "Error"),
        "/busy": ("Error", "Error"),
        "/menu.pdf": ("Complete", "New"),
        "/private": ("Complete", "New"),
        "/gone": ("Error", "Error"),
    }
    errors = {path: (page.page_processing_error or "").partition(":")[0] for path, page in pages.items()}
    assert {path: error for path, error in errors.items() if error} == {
        "/deep": "too_deep",
        "/busy": "http_500",
        "/gone": "gone",
    }
    assert (pages["/about"].title, pages["/private"].additional_json) == ("About", {"note": "robots_disallowed"})
    contact = (await session.scalars(sa.select(Contact))).one()
    assert (contact.email, contact.email_type, contact.phone_number) == ("info@joes.com", "SERVICE", "+16502530000")
    point = (await session.scalars(sa.select(ContactPoint))).one()
    assert (point.page_id, point.value) == (pages["/phone"].id, "+16502530001")
    assert site.asked.count("/busy") == 2
    assert site.asked.count("/robots.txt") == 1
    assert site.most_at_once == 1
