"""From places to contacts: how many there are, and how many the town's definition makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lead_pipeline.desk import Counts
from lead_pipeline.stored import Stored
from lead_pipeline.truth import Truth


class Stage(NamedTuple):
    """One stage of the funnel.

    Args:
        name: What is counted.
        found: How many there are.
        wanted: How many there must be.
    """

    name: str
    found: int
    wanted: int


def stages(stored: Stored, truth: Truth, visited: int) -> Iterator[Stage]:
    """The funnel, from its top.

    Args:
        stored: What stands in the tables.
        truth: What must.
        visited: How many pages were ended by WF7.
    """
    names = {workflow: len(rows) for workflow, rows in stored.names.items()}
    yield Stage("places", names["deep-scan"], len(truth.places))
    yield Stage("businesses", names["domain-extraction"], len(truth.businesses))
    yield Stage("domains", names["sitemap-discovery"], len(truth.domains))
    yield Stage("sitemaps", names["sitemap-import"], len(truth.sitemaps))
    yield Stage("pages", names["page-curation"], len(truth.pages))
    yield Stage("pages visited", visited, len(truth.visits))
    yield Stage("contacts", len(stored.contacts), len(truth.contacts))
    yield Stage("numbers alone", len(stored.phones), len(truth.phones))


def progress(counts: Counts) -> str:
    """One line on how far each queue is: what is ended of what is there."""
    waiting = {"queued", "processing"}
    shown = {"places_staging": "places", "local_businesses": "businesses", "sitemap_files": "sitemaps"}
    parts = []
    for table, words in counts.items():
        ended = sum(rows for word, rows in words.items() if word and word.lower() not in waiting)
        parts.append(f"{shown.get(table, table)} {ended:,}/{sum(words.values()):,}")
    return " · ".join(parts)
