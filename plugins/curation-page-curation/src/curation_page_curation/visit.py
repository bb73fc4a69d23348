"""What came of fetching and reading a page: the result of an item."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from curation_page_curation.contents import Contents

WAITED = "waited"
"""The key in ``additional_json`` under which a queued page remembers how often it was put back, by its queueing."""

ScrapeStatus = Literal["ContactFound", "NoContactFound", "Error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What came of it. ``None`` stands for what is not known, and is not written.

    Args:
        contents: What the page says, where it was read.
        final_url: Where it was found, after redirects.
        facts: What else is to be remembered, for ``additional_json``.
        last_modified: When the server says it was last changed.
        failed: Whether nothing could be found out.
    """

    contents: Contents | None = None
    final_url: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    last_modified: datetime | None = None
    failed: bool = False

    @property
    def scrape_status(self) -> ScrapeStatus | None:
        """The word for whether somebody to contact was found; ``None`` where nobody was looked for."""
        if self.failed:
            return "Error"
        if self.contents is None:
            return None
        return "ContactFound" if self.contents.emails or self.contents.phones else "NoContactFound"
