"""Sitemaps that are a plain list of URLs, one on each line."""

from __future__ import annotations

import re

from curation_sitemap_import.cleaning import without_forbidden
from curation_sitemap_import.entries import Entry
from curation_sitemap_import.errors import SitemapError, StopCode

ABSOLUTE = re.compile(r"https?:/", re.IGNORECASE)
MAX_LINE = 8192  # characters


class TextReader:
    """Reads one list of URLs, chunk by chunk.

    Attributes:
        ended: Always true: where a list is cut short can't be known.
    """

    ended = True

    def __init__(self) -> None:
        self._rest = ""
        self._began = False

    def read(self, text: str, *, final: bool = False) -> list[Entry]:
        """The entries that the next text completes.

        Args:
            text: The next text.
            final: Whether it is the last.

        Raises:
            SitemapError: ``not_a_sitemap``: the first line is no URL.
        """
        lines = (self._rest + without_forbidden(text)).splitlines(keepends=True)
        self._rest = lines.pop()[:MAX_LINE] if lines and not final else ""
        if not self._began:
            self._began = self._require_url("".join(lines) or self._rest)
        return [Entry(line) for line in map(str.strip, lines) if line]

    def _require_url(self, text: str) -> bool:
        first = text.lstrip()
        if first and ABSOLUTE.match(first) is None:
            message = f"it begins with {first[:40]!r}"
            raise SitemapError(StopCode.NOT_A_SITEMAP, message)
        return bool(first)
