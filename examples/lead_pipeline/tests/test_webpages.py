"""A page shows whom it says it shows, as WF7 reads it."""

from __future__ import annotations

import pytest

from curation_page_curation.extraction import read_page
from lead_pipeline.sites import Webpage
from lead_pipeline.webpages import STYLES, contact_page, front, odd_pages


def read(page: Webpage, domain: str) -> tuple[set[str], set[str]]:
    body, kind = page.reply.body, page.reply.content_type
    contents = read_page(body, url=f"http://{domain}/contact", content_type=kind, region="US")
    return {email.address for email in contents.emails}, {phone.number for phone in contents.phones}


@pytest.mark.parametrize(
    "domain", ["joes.example.com", "joes.wixsite.com", "café-7.example.org".encode("idna").decode()]
)
@pytest.mark.parametrize("number", range(2 * (len(STYLES) + 2)))
def test_whom_a_contact_page_shows_is_read_from_it(domain: str, number: int) -> None:
    page = contact_page(domain, number)
    emails, phones = read(page, domain)
    assert emails == page.emails
    assert page.emails or phones == {page.phone} - {""}


def test_the_other_pages_show_whom_they_say() -> None:
    pages = front("joes.example.com", 0)
    assert {path: read(page, "joes.example.com")[0] for path, page in pages.items()} == {
        path: page.emails for path, page in pages.items()
    }


def test_odd_pages_that_are_read_all_the_same_show_whom_they_say() -> None:
    good = {kind: page for kind, page in odd_pages("joes.example.com").items() if page.emails and page.reply.body}
    assert set(good) == {"slow", "busy", "old letters"}
    assert all(read(page, "joes.example.com")[0] == page.emails for page in good.values())
