"""The application's tables, with their words. Nothing in here knows of curation-core."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Enum,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Text,
    TextClause,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from lead_pipeline.words import (
    AnalysisStatus,
    Curation,
    EmailType,
    ImportStatus,
    PageStatus,
    ScanStatus,
    ScrapeStatus,
    Words,
)

# Status changes rewrite rows: room on each page lets PostgreSQL do it there, at a tenth of the growth.
ROOM_FOR_UPDATES = {"postgresql_with": {"fillfactor": 70}}


def _enum(words: type[Words], name: str) -> Enum:
    return Enum(words, name=name, values_callable=lambda enum: [word.value for word in enum])


def _queue(table: str, waiting: TextClause) -> tuple[Index, dict[str, Any]]:
    return Index(f"ix_{table}_queued", "updated_at", "id", postgresql_where=waiting), ROOM_FOR_UPDATES


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
        list[str]: ARRAY(Text),
        Curation: _enum(Curation, "curation_status"),
        ScanStatus: _enum(ScanStatus, "processing_status"),
        AnalysisStatus: _enum(AnalysisStatus, "sitemap_analysis_status"),
        ImportStatus: _enum(ImportStatus, "sitemap_import_status"),
        PageStatus: _enum(PageStatus, "page_processing_status"),
        ScrapeStatus: _enum(ScrapeStatus, "contact_scrape_status"),
        EmailType: _enum(EmailType, "email_type"),
    }

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=1)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now(), sort_order=2)


class WithKey:
    """What all tables but the oldest begin with."""

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid(), sort_order=-2)


class OfTenant:
    """Rows that belong to somebody."""

    tenant_id: Mapped[UUID] = mapped_column(sort_order=-1)


class Place(OfTenant, Tables):
    """A place that a search found. The oldest table: its keys are numbers."""

    __tablename__ = "places_staging"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-2)
    place_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    status: Mapped[Curation] = mapped_column(server_default=Curation.NEW)
    deep_scan_status: Mapped[ScanStatus | None]
    deep_scan_error: Mapped[str | None]

    __table_args__ = _queue("places_staging", text("deep_scan_status = 'Queued'"))


class LocalBusiness(WithKey, OfTenant, Tables):
    """A business, as Google told of it."""

    __tablename__ = "local_businesses"

    place_id: Mapped[str | None] = mapped_column(unique=True)
    lead_source: Mapped[str | None]
    business_name: Mapped[str | None]
    full_address: Mapped[str | None]
    street_address: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    zip: Mapped[str | None]
    country: Mapped[str | None]
    phone: Mapped[str | None]
    website_url: Mapped[str | None]
    rating: Mapped[Decimal | None]
    reviews_count: Mapped[int | None]
    price_text: Mapped[str | None]
    main_category: Mapped[str | None]
    extra_categories: Mapped[list[str] | None]
    latitude: Mapped[Decimal | None]
    longitude: Mapped[Decimal | None]
    timezone: Mapped[str | None]
    monday_hours: Mapped[str | None]
    tuesday_hours: Mapped[str | None]
    wednesday_hours: Mapped[str | None]
    thursday_hours: Mapped[str | None]
    friday_hours: Mapped[str | None]
    saturday_hours: Mapped[str | None]
    sunday_hours: Mapped[str | None]
    additional_json: Mapped[dict[str, Any] | None]
    status: Mapped[Curation] = mapped_column(server_default=Curation.NEW)
    domain_extraction_status: Mapped[ScanStatus | None]
    domain_extraction_error: Mapped[str | None]

    __table_args__ = _queue("local_businesses", text("domain_extraction_status = 'Queued'"))


class Domain(WithKey, OfTenant, Tables):
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

    __table_args__ = _queue("domains", text("sitemap_analysis_status = 'queued'"))


class SitemapFile(WithKey, OfTenant, Tables):
    """A sitemap that a domain has."""

    __tablename__ = "sitemap_files"

    domain_id: Mapped[UUID] = mapped_column(ForeignKey("domains.id", ondelete="CASCADE"))
    url: Mapped[str]
    sitemap_type: Mapped[str]
    discovery_method: Mapped[str | None]
    sitemap_import_status: Mapped[ImportStatus | None]
    sitemap_import_error: Mapped[str | None]
    url_count: Mapped[int | None]
    size_bytes: Mapped[int | None]
    status_code: Mapped[int | None]
    is_gzipped: Mapped[bool | None]
    has_lastmod: Mapped[bool | None]
    last_processed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("domain_id", "url"),
        *_queue("sitemap_files", text("sitemap_import_status = 'Queued'")),
    )


class Page(WithKey, OfTenant, Tables):
    """A page that a sitemap names, and what it says about itself."""

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
    title: Mapped[str | None]
    description: Mapped[str | None]
    h1: Mapped[str | None]
    canonical_url: Mapped[str | None]
    meta_robots: Mapped[str | None]
    has_schema_markup: Mapped[bool | None]
    schema_types: Mapped[list[str] | None]
    has_contact_form: Mapped[bool | None]
    word_count: Mapped[int | None]
    outbound_links: Mapped[list[str] | None]
    last_scan: Mapped[datetime | None]
    additional_json: Mapped[dict[str, Any] | None]
    contact_scrape_status: Mapped[ScrapeStatus] = mapped_column(server_default=ScrapeStatus.NEW)
    page_curation_status: Mapped[Curation] = mapped_column(server_default=Curation.NEW)
    page_processing_status: Mapped[PageStatus | None]
    page_processing_error: Mapped[str | None]

    __table_args__ = (UniqueConstraint("domain_id", "url"), *_queue("pages", text("page_processing_status = 'Queued'")))


class Contact(WithKey, Tables):
    """Whom to write to."""

    __tablename__ = "contacts"

    domain_id: Mapped[UUID] = mapped_column(ForeignKey("domains.id", ondelete="CASCADE"))
    page_id: Mapped[UUID] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), index=True)
    email: Mapped[str]
    email_type: Mapped[EmailType | None]
    has_gmail: Mapped[bool | None]
    context: Mapped[str | None]
    source_url: Mapped[str | None]
    name: Mapped[str | None]
    phone_number: Mapped[str | None]
    contact_curation_status: Mapped[Curation] = mapped_column(server_default=Curation.NEW)

    __table_args__ = (UniqueConstraint("domain_id", "email"),)
