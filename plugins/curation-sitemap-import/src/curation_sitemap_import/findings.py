"""What an import found: the result of an item, and what a person should know about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from curation_fetch import FetchError
from curation_fetch.urls import shown
from curation_sitemap_import.errors import SitemapError
from curation_sitemap_import.harvest import Harvest

SHOWN_FAILURES = 3  # named in a reason; the others are counted


class LeftOut(StrEnum):
    """Why something that belongs to the sitemap was not read: the import is partial."""

    TRUNCATED = "truncated"  # a file breaks off
    URL_LIMIT = "url_limit"  # a file, or all together, lists more URLs than are kept
    CHILD_LIMIT = "child_limit"  # indexes lead to more files than are read
    TOO_DEEP = "too_deep"  # an index is listed too deep
    TIME_LIMIT = "time_limit"  # there was no time for a file


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that an index led to and that could not be read to its end.

    Args:
        url: Where it is.
        error: What happened.
    """

    url: str
    error: FetchError | SitemapError

    def __str__(self) -> str:
        return str(self.error) if isinstance(self.error, FetchError) else f"{self.error} ({shown(self.url)})"


@dataclass(slots=True, kw_only=True)
class Findings:
    """What an import found. ``None`` stands for what is not known, and is not written.

    Args:
        pages: The pages; ``None`` where the sitemap itself could not be read.
        status_code: The HTTP status of the sitemap itself.
        size_bytes: Its size as it was sent.
        is_gzipped: Whether it is gzip.
        children: How many files that indexes led to were read, or tried.
        failures: Those that failed.
        cut_short: What broke off the sitemap itself after something had been read.
        left_out: What of it was not read, and how often.
        passed_over: What was listed and is not wanted, and how often.
    """

    pages: Harvest | None = None
    status_code: int | None = None
    size_bytes: int | None = None
    is_gzipped: bool | None = None
    children: int = 0
    failures: list[Failure] = field(default_factory=list)
    cut_short: FetchError | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)

    @property
    def note(self) -> str:
        """What a person should know of a success; empty where all is as it should be."""
        parts = [
            "empty_sitemap" if self.pages is not None and not self.pages.count else "",
            f"partial: {_listed(self.left_out)}" if self.left_out else "",
            f"passed over: {_listed(self.passed_over)}" if self.passed_over else "",
        ]
        return "; ".join(part for part in parts if part)

    @property
    def trouble(self) -> str:
        """What went wrong and may go right another time; empty where nothing did."""
        parts = [str(self.cut_short)] if self.cut_short else []
        if self.failures:
            named = [str(failure) for failure in self.failures[:SHOWN_FAILURES]]
            more = len(self.failures) - len(named)
            named += [f"and {more} more"] if more else []
            parts.append(f"{len(self.failures)} of {self.children} children failed: {'; '.join(named)}")
        return "; ".join(parts)

    @property
    def retry_after(self) -> float | None:
        """The longest wait in seconds that a server asked for, if any did."""
        errors = [self.cut_short, *(failure.error for failure in self.failures)]
        asked = [error.retry_after for error in errors if isinstance(error, FetchError)]
        return max((seconds for seconds in asked if seconds is not None), default=None)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(what if count == 1 else f"{count} {what}" for what, count in counts.items())
