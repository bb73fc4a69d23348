"""Sitemaps that are a plain list of URLs, one on each line."""

from __future__ import annotations

import re

from curation_sitemap_import.cleaning import without_forbidden
from curation_sitemap_import.entries import Entry
from curation_sitemap_import.errors import SitemapError, StopCode

ABSOLUTE = re.compile(r"https?:/", re.IGNORECASE)
MAX_LINE = 8192  # characters
LOOKED = 65_536  # characters in which the first URL must come


class TextReader:
    """Reads one list of URLs, chunk by chunk. Lines that are no URL are told as entries without a location.

    Attributes:
        ended: Always true: where a list is cut short can't be known.
    """

    ended = True

    def __init__(self) -> None:
        self._rest = ""
        self._head = ""
        self._looked = 0
        self._began = False

    def read(self, text: str, *, final: bool = False) -> list[Entry]:
        """The entries that the next text completes.

        Args:
            text: The next text.
            final: Whether it is the last.

        Raises:
            SitemapError: ``not_a_sitemap``: no line is a URL.
        """
        lines = (self._rest + without_forbidden(text)).splitlines(keepends=True)
        self._rest = lines.pop()[:MAX_LINE] if lines and not final else ""
        entries = [Entry(line if ABSOLUTE.match(line) else "") for line in map(str.strip, lines) if line]
        if not self._began:
            self._head = (self._head + text)[:MAX_LINE]
            self._looked += len(text)
            self._began = any(entry.location for entry in entries) or ABSOLUTE.match(self._rest.lstrip()) is not None
            if not self._began and (final or self._looked > LOOKED):
                message = f"it begins with {self._head.strip()[:40]!r}, and no line is a URL"
                raise SitemapError(StopCode.NOT_A_SITEMAP, message)
        return entries
