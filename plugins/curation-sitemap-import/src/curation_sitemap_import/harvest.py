"""The pages an import found, kept small: an item's pages all wait in memory for their settle."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from curation_sitemap_import.categories import Decision

BLOCK = 1_000
"""Pages packed together, and inserted by one statement. Packed, a page takes about 15 bytes; as objects about 350."""


@dataclass(frozen=True, slots=True)
class PageBlock:
    """Pages about which the same was decided: one list for each column.

    Args:
        decision: What was decided about all of them.
        urls: Their URLs.
        last_modified: When each was last changed, if that is known.
        depths: How many segments each path has.
    """

    decision: Decision
    urls: list[str] = field(default_factory=list)
    last_modified: list[datetime | None] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)


class Harvest:
    """Pages, collected one by one and handed out in blocks.

    Attributes:
        count: How many there are.
        dated: Whether any of them says when it was changed.
    """

    def __init__(self) -> None:
        self.count = 0
        self.dated = False
        self._open: dict[Decision, PageBlock] = {}
        self._packed: list[tuple[Decision, bytes]] = []

    def add(self, url: str, last_modified: datetime | None, depth: int, decision: Decision) -> None:
        """Take in one page."""
        block = self._open.setdefault(decision, PageBlock(decision))
        block.urls.append(url)
        block.last_modified.append(last_modified)
        block.depths.append(depth)
        self.count += 1
        self.dated = self.dated or last_modified is not None
        if len(block.urls) == BLOCK:
            self._packed.append((decision, _packed(self._open.pop(decision))))

    def blocks(self) -> Iterator[PageBlock]:
        """All pages, at most `BLOCK` at a time. Can be asked again."""
        for decision, packed in self._packed:
            yield _unpacked(decision, packed)
        yield from self._open.values()


def _packed(block: PageBlock) -> bytes:
    times = [time and time.timestamp() for time in block.last_modified]
    return zlib.compress(json.dumps([block.urls, times, block.depths]).encode(), 1)


def _unpacked(decision: Decision, packed: bytes) -> PageBlock:
    urls, times, depths = json.loads(zlib.decompress(packed))
    dates = [None if time is None else datetime.fromtimestamp(time, UTC) for time in times]
    return PageBlock(decision, urls, dates, depths)
