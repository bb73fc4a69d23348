"""Writes what a visit found, inside the settle's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import BindParameter, Insert, Text, Update, and_, bindparam, case, delete, func, literal, or_, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from curation_page_curation.contents import Contents, Email
from curation_page_curation.models import Contact, ContactPoint, Page
from curation_page_curation.visit import WAITED, Visit

GMAIL = ("@gmail.com", "@googlemail.com")


async def save_result(session: AsyncSession, item: Page, result: Visit) -> None:
    """Write what is now known about the page, and whom to contact.

    Args:
        session: The settle's session.
        item: The page.
        result: What came of its visit.
    """
    await session.execute(_known(item, result))
    if result.contents is None:
        return
    await session.execute(delete(ContactPoint).where(ContactPoint.page_id == item.id))
    if result.contents.emails:
        await session.execute(_contacts(item, result.contents, result.final_url))
    elif result.contents.phones:
        await session.execute(_points(item, result.contents))


def _known(item: Page, visit: Visit) -> Update:
    values: dict[InstrumentedAttribute[Any], Any] = {}
    if contents := visit.contents:
        values = {
            Page.title: contents.title,
            Page.description: contents.description,
            Page.h1: contents.h1,
            Page.canonical_url: contents.canonical_url,
            Page.meta_robots: contents.meta_robots,
            Page.has_schema_markup: bool(contents.schema_types),
            Page.schema_types: contents.schema_types,
            Page.has_contact_form: contents.has_contact_form,
            Page.word_count: contents.word_count,
            Page.outbound_links: contents.links,
        }
    if visit.last_modified is not None:
        values[Page.last_modified] = visit.last_modified
    if visit.scrape_status is not None:
        values[Page.contact_scrape_status] = _word("scrape_status", visit.scrape_status)
    if visit.final_url is not None or visit.failed:
        values[Page.last_scan] = func.now()
    values[Page.additional_json] = _remembered(visit)
    return update(Page).where(Page.id == item.id).values(values).execution_options(synchronize_session=False)


def _remembered(visit: Visit) -> Any:
    """What stands there already, with what this visit adds to it."""
    facts = dict(visit.facts)
    if contents := visit.contents:
        facts |= {
            "charset": contents.charset,
            "sha256": contents.sha256,
            "phones": [phone.number for phone in contents.phones],
            "socials": contents.socials,
        }
    empty = literal({}, JSONB)
    before: Any = case((func.jsonb_typeof(Page.additional_json) == "object", Page.additional_json), else_=empty)
    if WAITED not in facts:  # the page has come to its end: what it waited for must not count when it is queued anew
        before = before.op("-", return_type=JSONB())(literal(WAITED, Text))
    return before.concat(literal(facts, JSONB))


def _contacts(item: Page, contents: Contents, source_url: str | None) -> Insert:
    only = contents.phones[0].number if len(contents.phones) == 1 else None
    rows = [_contact(item, email, only, source_url, number) for number, email in enumerate(_in_order(contents.emails))]
    new = insert(Contact).values(rows)
    # What a person, or an earlier page, has put there stays: only gaps are filled.
    gaps = [
        Contact.email_type,
        Contact.has_gmail,
        Contact.context,
        Contact.source_url,
        Contact.phone_number,
        Contact.name,
    ]
    offered = {column: new.excluded[column.key] for column in gaps}
    return new.on_conflict_do_update(
        index_elements=[Contact.domain_id, Contact.email],
        set_={column: func.coalesce(column, value) for column, value in offered.items()},
        where=or_(*(and_(column.is_(None), value.is_not(None)) for column, value in offered.items())),
    )


def _contact(
    item: Page, email: Email, phone: str | None, source_url: str | None, number: int
) -> Mapping[InstrumentedAttribute[Any], Any]:
    return {
        Contact.id: uuid4(),
        Contact.domain_id: item.domain_id,
        Contact.page_id: item.id,
        Contact.email: email.address,
        Contact.email_type: _word(f"kind_{number}", email.kind),
        Contact.has_gmail: email.address.endswith(GMAIL),
        Contact.context: email.context,
        Contact.source_url: source_url,
        Contact.name: email.name,
        Contact.phone_number: phone,
    }


def _in_order(emails: list[Email]) -> list[Email]:
    """By address: two pages of a domain may be settled at once, and must not wait for each other's rows."""
    return sorted(emails, key=lambda email: email.address)


def _points(item: Page, contents: Contents) -> Insert:
    rows = [
        {
            ContactPoint.page_id: item.id,
            ContactPoint.kind: "phone",
            ContactPoint.value: phone.number,
            ContactPoint.how: phone.how,
        }
        for phone in contents.phones
    ]
    return insert(ContactPoint).values(rows).on_conflict_do_nothing()


def _word(name: str, word: str) -> BindParameter[str]:
    # A bound parameter would carry the type VARCHAR, which a native enum refuses; a quoted literal has none.
    return bindparam(name, word, literal_execute=True)
