"""What a sitemap says: one entry for each page or further sitemap."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One location, as it was written.

    Args:
        location: The text of ``<loc>``, or of what stands for it.
        last_modified: The text of ``<lastmod>``, or of what stands for it; empty where there is none.
        is_sitemap: Whether it is a further sitemap, rather than a page.
    """

    location: str
    last_modified: str = ""
    is_sitemap: bool = False
