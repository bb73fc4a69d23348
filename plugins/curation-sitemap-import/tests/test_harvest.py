"""Pages wait for their settle in little memory, and come out as they went in."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime

from curation_sitemap_import.categories import HONEYBEE, decide
from curation_sitemap_import.harvest import BLOCK, Harvest

TIME = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)


def test_pages_come_out_as_they_went_in_grouped_by_decision():
    harvest = Harvest()
    contact, unknown = (decide(f"https://a/{path}", HONEYBEE)[0] for path in ("contact", "x"))
    for number in range(2 * BLOCK + 1):
        harvest.add(f"https://a/{number}", TIME if number % 2 else None, number % 5, unknown)
    harvest.add("https://a/contact", None, 1, contact)
    blocks = list(harvest.blocks())
    assert [len(block.urls) for block in blocks] == [BLOCK, BLOCK, 1, 1]
    assert [block.decision for block in blocks] == [unknown, unknown, unknown, contact]
    rows = [row for block in blocks[:3] for row in zip(block.urls, block.last_modified, block.depths, strict=True)]
    assert rows == [(f"https://a/{n}", TIME if n % 2 else None, n % 5) for n in range(2 * BLOCK + 1)]
    assert [list(block.urls) for block in harvest.blocks()] == [list(block.urls) for block in blocks]
    assert (harvest.count, harvest.dated) == (2 * BLOCK + 2, True)


def test_the_greatest_harvest_fits_in_little_memory():
    unknown = decide("https://a/x", HONEYBEE)[0]
    tracemalloc.start()
    try:
        harvest = Harvest()
        for number in range(100_000):
            harvest.add(f"https://www.example.com/products/some-long-name-{number}.html", TIME, 2, unknown)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held / harvest.count < 40
