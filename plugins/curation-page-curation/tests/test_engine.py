"""The whole way: the real command works the queued pages of the real tables."""

from __future__ import annotations

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
def curation(engine, curation_command):
    """Run the command on the tables; returns its exit code and what it said."""
    url = engine.url.render_as_string(hide_password=False)

    async def run(*arguments: str, more: str = "") -> tuple[int, str]:
        return await curation_command(url, *arguments, configuration=CONFIGURATION + more)

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


PAGES = {"id": "page_id", "domain_id": "site_id", "url": "address", "updated_at": "touched_at", "title": "heading"}
PAGES |= {"page_processing_status": "step", "page_processing_error": "complaint", "description": "summary"}
PAGES |= {"h1": "headline", "canonical_url": "home", "meta_robots": "robots", "has_schema_markup": "marked"}
PAGES |= {"schema_types": "kinds", "has_contact_form": "form", "word_count": "words", "outbound_links": "links"}
PAGES |= {"last_modified": "changed_at", "last_scan": "read_at", "additional_json": "more"}
PAGES |= {"contact_scrape_status": "found"}
CONTACTS = {"id": "person_id", "domain_id": "site_id", "page_id": "hit_id", "email": "mail", "email_type": "whose"}
CONTACTS |= {"has_gmail": "gmail", "context": "around", "source_url": "seen_at", "name": "called"}
CONTACTS |= {"phone_number": "phone"}
NAMES = {"pages": ("hits", PAGES), "contacts": ("people", CONTACTS)}
OWNED = """
[workflows.page-curation.tables.host_slots]
name = "turns"
schema = "crm"
columns.host = "machine"
columns.holder = "asking"

[workflows.page-curation.tables.contact_points]
schema = "crm"
columns.value = "number"
"""


@pytest.mark.parametrize("native_enums", [True], ids=["native enums"])
async def test_tables_and_columns_may_be_called_otherwise(engine, session, site, new_page, curation):
    site.files |= {"/contact": PAGE.format("Contact"), "/phone": "<p>650-253-0001", "/busy": web.Response(status=500)}
    first = await new_page(site.url("/contact"))
    for path in ("/phone", "/busy"):
        await new_page(site.url(path), first.domain_id)
    more = OWNED
    statements = ["create schema crm", "drop table host_slots, contact_points"]
    for table, (new, columns) in NAMES.items():
        statements += [f"alter table {table} rename {mapped} to {name}" for mapped, name in columns.items()]
        statements += [f"alter table {table} rename to {new}", f"alter table {new} set schema crm"]
        more += f"[workflows.page-curation.{'table' if table == 'pages' else f'tables.{table}'}]\n"
        more += f'name = "{new}"\nschema = "crm"\n'
        more += "".join(f'columns.{mapped} = "{name}"\n' for mapped, name in columns.items())
    for statement in map(sa.DDL, statements):
        await session.execute(statement)
    await session.commit()
    try:
        code, output = await curation("db", "upgrade", more=more)
        assert code == 0, output
        code, output = await curation("run", "--workflow", "page-curation", "--until-idle", more=more)
        assert code == 1, output
        told = await session.execute(sa.text("select address, step::text, found::text, heading from crm.hits"))
        assert {address.removeprefix(site.base): tuple(rest) for address, *rest in told} == {
            "/contact": ("Complete", "ContactFound", "Contact"),
            "/phone": ("Complete", "ContactFound", None),
            "/busy": ("Error", "Error", None),
        }
        found = sa.text(
            "select mail, whose::text, phone, number, machine from crm.people, crm.contact_points, crm.turns"
        )
        (row,) = await session.execute(found)
        assert tuple(row) == ("info@joes.com", "SERVICE", "+16502530000", "+16502530001", "127.0.0.1")
        await session.rollback()
    finally:
        async with engine.begin() as connection:
            await connection.execute(sa.text("drop schema crm cascade"))
