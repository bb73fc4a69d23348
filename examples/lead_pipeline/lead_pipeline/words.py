"""The words of the status columns. Each workflow's differ a little, as they do where applications grow."""

from __future__ import annotations

from enum import StrEnum


class Words(StrEnum):
    """Of one column."""


class Curation(Words):
    """What a person decided."""

    NEW = "New"
    SELECTED = "Selected"
    MAYBE = "Maybe"
    NOT_A_FIT = "Not a Fit"
    ARCHIVED = "Archived"


class ScanStatus(Words):
    """How far WF2 is with a place, and WF3 with a business."""

    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    ERROR = "Error"


class AnalysisStatus(Words):
    """How far the search for a domain's sitemaps is, WF4."""

    PENDING = "pending"
    QUEUED = "queued"
    PROCESSING = "processing"
    SUBMITTED = "submitted"
    FAILED = "failed"


class ImportStatus(Words):
    """How far WF6 is with a sitemap. It is Complete here and Completed there; the machine keeps to both."""

    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETE = "Complete"
    ERROR = "Error"


class PageStatus(Words):
    """How far WF7 is with a page."""

    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETE = "Complete"
    ERROR = "Error"
    FILTERED = "Filtered"


class ScrapeStatus(Words):
    """Whether a page shows whom to contact."""

    NEW = "New"
    CONTACT_FOUND = "ContactFound"
    NO_CONTACT_FOUND = "NoContactFound"
    ERROR = "Error"


class EmailType(Words):
    """Whose an address seems to be."""

    SERVICE = "SERVICE"
    CORPORATE = "CORPORATE"
    FREE = "FREE"
    UNKNOWN = "UNKNOWN"
