"""Pages that businesses published, against the numbers that people found on them."""

from __future__ import annotations

import json
import re

import pytest

from curation_page_curation.extraction import read_page

RECALL, PRECISION = 0.95, 0.95
EMAIL_RECALL = 0.97
_SHOWN = re.compile(rb"mailto:(?:%20| )*([\w.+-]+@[\w-]+(?:\.[\w-]+)+)", re.IGNORECASE)


@pytest.fixture(scope="module")
def read(real_pages):
    """What is read from each page, beside what people found on it."""
    gold = json.loads((real_pages / "gold.json").read_text())
    pages = {}
    for name, marks in gold.items():
        body = (real_pages / "source" / name).read_bytes()
        pages[name] = (body, marks, read_page(body, url=f"https://example.com/{name}"))
    return pages


def test_the_numbers_that_people_found_are_found_and_few_others(read):
    wanted = {(name, number) for name, (_, marks, _) in read.items() for number in marks["phones"]}
    found = {(name, phone.number) for name, (_, _, contents) in read.items() for phone in contents.phones}
    recall, precision = len(wanted & found) / len(wanted), len(wanted & found) / len(found)
    print(f"recall {recall:.3f}, precision {precision:.3f}, {len(found)} of {len(wanted)}")
    assert recall >= RECALL, wanted - found
    assert precision >= PRECISION, found - wanted


def test_the_addresses_that_are_linked_or_annotated_are_found(read):
    wanted = {
        (name, address.decode().lower().rstrip("."))
        for name, (body, _, _) in read.items()
        for address in _SHOWN.findall(body)
    } | {(name, address) for name, (_, marks, _) in read.items() for address in marks["emails"]}
    found = {(name, email.address) for name, (_, _, contents) in read.items() for email in contents.emails}
    print(f"recall {len(wanted & found) / len(wanted):.3f}, {len(found)} found, {len(wanted)} wanted")
    assert len(wanted & found) / len(wanted) >= EMAIL_RECALL, wanted - found
    assert len(found) <= len(wanted) * 1.1


def test_no_address_is_the_name_of_a_picture_or_encoded(read):
    found = [email.address for _, _, contents in read.values() for email in contents.emails]
    assert found
    assert [
        each for each in found if re.search(r"%|u003|\.(?:png|jpe?g|gif|svg|webp|css|js)$|[0-9a-f]{24}@", each)
    ] == []


def test_every_page_has_a_title_and_words(read):
    assert [name for name, (_, _, contents) in read.items() if not contents.word_count] == []
    assert sum(contents.title is not None for _, _, contents in read.values()) >= 0.95 * len(read)
