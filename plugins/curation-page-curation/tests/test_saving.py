"""What was found is written once, fills gaps only, and fits whatever the status columns are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa

from curation_page_curation import plugin
from curation_page_curation.contents import Contents, Email, Phone
from curation_page_curation.extraction import read_page
from curation_page_curation.models import Contact, ContactPoint, Page
from curation_page_curation.saving import save_result
from curation_page_curation.visit import Visit

URL = "https://joes.com/contact"
TIME = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
JOE = Email("joe@joes.com", "CORPORATE", "mailto", "Write to joe@joes.com", "Joe Doe")


def visit(*emails, phones=(), **facts):
    contents = Contents(
        charset="utf-8", sha256="0" * 64, emails=list(emails), phones=[Phone(each, "text", each) for each in phones]
    )
    return Visit(contents=contents, final_url=URL, facts=facts)


async def only(session, model, *conditions):
    return (await session.scalars(sa.select(model).where(*conditions))).one()


@pytest.mark.parametrize("native_enums", [True, False], ids=["native enums", "text"])
async def test_all_that_a_page_says_is_written(session, new_page):
    item = await new_page(URL)
    html = """<html><title>Joe's</title><meta name="description" content="Pizza"><meta name="robots" content="index">
    <link rel="canonical" href="/contact"><h1>Contact</h1><form><textarea></textarea></form><a href="/menu">Menu</a>
    <a href="https://x.com/joes">x</a><script type="application/ld+json">{"@type": "Store"}</script>
    <p>info@joes.com joe@joes.com joe@gmail.com joe@other.com 650-253-0000"""
    contents = read_page(html.encode(), url=URL)
    facts = {"final_url": URL, "http_status": 200, "content_type": "text/html", "bytes": len(html), "ms": 12}
    await save_result(session, item, Visit(contents=contents, final_url=URL, facts=facts, last_modified=TIME))
    page = await only(session, Page)
    assert (page.title, page.description, page.h1, page.meta_robots) == ("Joe's", "Pizza", "Contact", "index")
    assert (page.canonical_url, page.outbound_links) == (URL, ["https://joes.com/menu", "https://x.com/joes"])
    assert (page.has_schema_markup, page.schema_types, page.has_contact_form) == (True, ["Store"], True)
    assert (page.last_modified, page.contact_scrape_status) == (TIME, "ContactFound")
    assert page.word_count == 12
    assert page.last_scan is not None
    assert page.additional_json == {
        **facts,
        "charset": "utf-8",
        "sha256": contents.sha256,
        "phones": ["+16502530000"],
        "socials": ["https://x.com/joes"],
    }
    assert (page.page_processing_status, page.page_processing_error) == ("Queued", None)  # the engine's to move
    columns = Contact.email, Contact.email_type, Contact.has_gmail, Contact.phone_number, Contact.source_url
    rows = {row[0]: tuple(row[1:]) for row in await session.execute(sa.select(*columns))}
    assert rows == {
        "info@joes.com": ("SERVICE", False, "+16502530000", URL),
        "joe@joes.com": ("CORPORATE", False, "+16502530000", URL),
        "joe@gmail.com": ("FREE", True, "+16502530000", URL),
        "joe@other.com": ("UNKNOWN", False, "+16502530000", URL),
    }
    assert (await session.scalars(sa.select(ContactPoint))).all() == []


async def test_a_contact_has_its_context_its_name_and_its_page(session, new_page):
    item = await new_page()
    await save_result(session, item, visit(JOE))
    contact = await only(session, Contact)
    assert (contact.context, contact.name, contact.phone_number) == ("Write to joe@joes.com", "Joe Doe", None)
    assert (contact.domain_id, contact.page_id) == (item.domain_id, item.id)


async def test_of_several_numbers_none_is_said_to_be_the_contacts(session, new_page):
    await save_result(session, await new_page(), visit(JOE, phones=["+16502530000", "+16502530001"]))
    assert (await only(session, Contact)).phone_number is None


async def test_writing_the_same_again_changes_nothing(session, new_page):
    item = await new_page()
    for _ in range(2):
        await save_result(session, item, visit(JOE, phones=["+16502530000"]))
    assert (await only(session, Contact)).name == "Joe Doe"


async def test_only_gaps_of_a_contact_are_filled(session, new_page):
    first = await new_page()
    second = await new_page("https://joes.com/about", first.domain_id)
    await save_result(session, first, visit(Email("joe@joes.com", "CORPORATE", "text")))
    await session.execute(sa.update(Contact).values(name="Joseph", has_gmail=sa.true()))
    await save_result(session, second, visit(JOE, phones=["+16502530000"]))
    contact = await only(session, Contact)
    assert (contact.name, contact.has_gmail, contact.page_id) == ("Joseph", True, first.id)
    assert (contact.phone_number, contact.context) == ("+16502530000", "Write to joe@joes.com")


async def test_the_same_address_on_another_domain_is_another_contact(session, new_page):
    for _ in range(2):
        await save_result(session, await new_page(), visit(JOE))
    assert await session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 2


async def test_a_page_with_numbers_alone_has_contact_points(session, new_page):
    item = await new_page()
    await save_result(session, item, visit(phones=["+16502530000", "+16502530001"]))
    await save_result(session, item, visit(phones=["+16502530001", "+16502530002"]))
    points = {
        (point.page_id, point.kind, point.value, point.how) for point in await session.scalars(sa.select(ContactPoint))
    }
    assert points == {(item.id, "phone", number, "text") for number in ("+16502530001", "+16502530002")}
    assert (await only(session, Page)).contact_scrape_status == "ContactFound"
    await save_result(session, item, visit(JOE))
    assert (await session.scalars(sa.select(ContactPoint))).all() == []


async def test_a_page_without_anybody_to_contact_says_so(session, new_page):
    await save_result(session, await new_page(), visit())
    assert (await only(session, Page)).contact_scrape_status == "NoContactFound"
    assert (await session.scalars(sa.select(Contact))).all() == []


async def test_a_page_that_was_not_read_keeps_what_is_known_of_it(session, new_page):
    item = await new_page(title="Before", word_count=5, last_modified=TIME, additional_json={"mine": 1})
    await save_result(session, item, Visit(final_url=URL, facts={"note": "not_html"}))
    page = await only(session, Page)
    assert (page.title, page.word_count, page.last_modified, page.contact_scrape_status) == ("Before", 5, TIME, "New")
    assert page.additional_json == {"mine": 1, "note": "not_html"}
    assert page.last_scan is not None


@pytest.mark.parametrize("native_enums", [True, False], ids=["native enums", "text"])
async def test_a_page_that_failed_says_so(session, new_page):
    await save_result(session, await new_page(), Visit(failed=True, facts={"note": "gone", "http_status": 404}))
    page = await only(session, Page)
    assert (page.contact_scrape_status, page.additional_json) == ("Error", {"note": "gone", "http_status": 404})


async def test_a_page_that_waits_remembers_how_often_and_nothing_else(session, new_page):
    await save_result(session, await new_page(), Visit(facts={"waited": {"a": 2}}))
    page = await only(session, Page)
    assert (page.additional_json, page.last_scan, page.contact_scrape_status) == ({"waited": {"a": 2}}, None, "New")


async def test_a_page_that_came_to_its_end_forgets_how_often_it_waited(session, new_page):
    await save_result(session, await new_page(additional_json={"waited": {"a": 2}, "mine": 1}), visit(JOE))
    remembered = (await only(session, Page)).additional_json
    assert "waited" not in remembered
    assert remembered["mine"] == 1


@pytest.mark.parametrize("before", [None, "null", "[1]", '"text"', "{}"])
async def test_whatever_stands_in_the_json_the_facts_can_be_added(before, session, new_page):
    item = await new_page()
    value = sa.null() if before is None else sa.literal(json.loads(before), Page.additional_json.type)
    await session.execute(sa.update(Page).values(additional_json=value))
    await save_result(session, item, Visit(facts={"note": "gone"}, failed=True))
    assert (await only(session, Page)).additional_json == {"note": "gone"}


async def test_the_strangest_page_can_be_written(session, new_page):
    html = (
        "<title>\x00\ud83d</title><h1>\u2028</h1><p>joe@joes.com"
        '<script type="application/ld+json">{"@type": "\\u0000\\ud800A", "@graph": [{"@type": "Person", '
        '"name": "\\u0000Joe\\udfff", "email": "joe@joes.com"}]}</script>'
    ).encode("utf-8", "surrogatepass")
    contents = read_page(html + bytes(range(128, 256)), url=URL)
    contents = Contents.from_json(json.loads(json.dumps(contents.to_json())))
    await save_result(session, await new_page(), Visit(contents=contents, final_url=URL))
    assert (await only(session, Page)).schema_types == ["A", "Person"]
    assert (await only(session, Contact)).name == "Joe"


async def test_two_hundred_contacts_are_written_at_once(session, new_page):
    emails = [Email(f"joe{number}@joes.com", "CORPORATE", "text") for number in range(200)]
    await plugin.save_result(session, await new_page(), visit(*emails))
    assert await session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 200


async def test_a_page_that_is_gone_meanwhile_breaks_nothing(session, new_page):
    item = Page(id=uuid4(), domain_id=uuid4(), url=URL)
    await save_result(session, item, Visit(facts={"note": "gone"}, failed=True))
    assert (await session.scalars(sa.select(Page))).all() == []
