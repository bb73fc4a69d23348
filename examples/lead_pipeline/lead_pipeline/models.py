"""The application's tables, with their words. Nothing in here knows of curation-core."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Enum, ForeignKey, Index, MetaData, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Status changes rewrite rows: room on each page lets PostgreSQL do it there, at a tenth of the growth.
ROOM_FOR_UPDATES = {"postgresql_with": {"fillfactor": 70}}


class Curation(StrEnum):
    """What a person decided."""

    NEW = "New"
    SELECTED = "Selected"
    MAYBE = "Maybe"
    NOT_A_FIT = "Not a Fit"
    ARCHIVED = "Archived"


class ExtractionStatus(StrEnum):
    """How far WF3 is with a business."""

    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    ERROR = "Error"


class AnalysisStatus(StrEnum):
    """How far the search for a domain's sitemaps is."""

    PENDING = "pending"
    QUEUED = "queued"
    PROCESSING = "processing"
    SUBMITTED = "submitted"
    FAILED = "failed"


class ImportStatus(StrEnum):
    """How far WF6 is with a sitemap. It is Complete here and Completed there; the machine keeps to both."""

    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETE = "Complete"
    ERROR = "Error"


class PageStatus(StrEnum):
    """How far WF7 is with a page."""

    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETE = "Complete"
    ERROR = "Error"
    FILTERED = "Filtered"


def _words(words: type[StrEnum], name: str) -> Enum:
    return Enum(words, name=name, values_callable=lambda enum: [word.value for word in enum])


class Tables(DeclarativeBase):
    """The application's tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        Curation: _words(Curation, "curation_status"),
        ExtractionStatus: _words(ExtractionStatus, "domain_extraction_status"),
        AnalysisStatus: _words(AnalysisStatus, "sitemap_analysis_status"),
        ImportStatus: _words(ImportStatus, "sitemap_import_status"),
        PageStatus: _words(PageStatus, "page_processing_status"),
    }

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid(), sort_order=-2)
    tenant_id: Mapped[UUID] = mapped_column(sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=1)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now(), sort_order=2)


class LocalBusiness(Tables):
    """A business, as a directory told of it."""

    __tablename__ = "local_businesses"

    business_name: Mapped[str]
    website_url: Mapped[str | None]
    status: Mapped[Curation] = mapped_column(server_default=Curation.NEW)
    domain_extraction_status: Mapped[ExtractionStatus | None]
    domain_extraction_error: Mapped[str | None]

    __table_args__ = (
        Index(
            "ix_local_businesses_queued",
            "updated_at",
            "id",
            postgresql_where=text("domain_extraction_status = 'Queued'"),
        ),
        ROOM_FOR_UPDATES,
    )


class Domain(Tables):
    """A website that a business has."""

    __tablename__ = "domains"

    domain: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(server_default="active")
    local_business_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("local_businesses.id", ondelete="SET NULL"), index=True
    )
    sitemap_curation_status: Mapped[Curation | None] = mapped_column(server_default=Curation.NEW)
    sitemap_analysis_status: Mapped[AnalysisStatus | None]
    sitemap_analysis_error: Mapped[str | None]
    meta_json: Mapped[dict[str, Any] | None]


class SitemapFile(Tables):
    """A sitemap that a domain has."""

    __tablename__ = "sitemap_files"

    domain_id: Mapped[UUID] = mapped_column(ForeignKey("domains.id", ondelete="CASCADE"), index=True)
    url: Mapped[str]
    sitemap_import_status: Mapped[ImportStatus | None]
    sitemap_import_error: Mapped[str | None]
    url_count: Mapped[int | None]
    size_bytes: Mapped[int | None]
    status_code: Mapped[int | None]
    is_gzipped: Mapped[bool | None]
    has_lastmod: Mapped[bool | None]
    last_processed_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_sitemap_files_queued",
            "updated_at",
            "id",
            postgresql_where=text("sitemap_import_status = 'Queued'"),
        ),
        ROOM_FOR_UPDATES,
    )


class Page(Tables):
    """A page that a sitemap names."""

    __tablename__ = "pages"

    domain_id: Mapped[UUID] = mapped_column(ForeignKey("domains.id", ondelete="CASCADE"))
    sitemap_file_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("sitemap_files.id", ondelete="SET NULL"), index=True
    )
    url: Mapped[str]
    lead_source: Mapped[str | None]
    last_modified: Mapped[datetime | None]
    page_type: Mapped[str | None]
    path_depth: Mapped[int | None]
    priority_level: Mapped[int | None]
    honeybee_json: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    page_curation_status: Mapped[Curation] = mapped_column(server_default=Curation.NEW)
    page_processing_status: Mapped[PageStatus | None]
    page_processing_error: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("domain_id", "url"),
        Index(
            "ix_pages_queued",
            "updated_at",
            "id",
            postgresql_where=text("page_processing_status = 'Queued'"),
        ),
        ROOM_FOR_UPDATES,
    )
