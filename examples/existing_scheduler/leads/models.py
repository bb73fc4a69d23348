"""The tables, with a person's decision and the machine's status side by side."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, Enum, MetaData, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Curation(enum.Enum):
    """What a person decided."""

    New = "New"
    Selected = "Selected"
    Maybe = "Maybe"
    Not_a_Fit = "Not a Fit"


class DeepScanStatus(enum.Enum):
    """WF2's words."""

    Queued = "Queued"
    Processing = "Processing"
    Completed = "Completed"
    Error = "Error"


class DomainExtractionStatus(enum.Enum):
    """WF3's words."""

    Queued = "Queued"
    Processing = "Processing"
    Completed = "Completed"
    Error = "Error"


class SitemapImportStatus(enum.Enum):
    """WF6's words."""

    Queued = "Queued"
    Processing = "Processing"
    Complete = "Complete"
    Error = "Error"


class PageProcessingStatus(enum.Enum):
    """WF7's words."""

    Queued = "Queued"
    Processing = "Processing"
    Complete = "Complete"
    Error = "Error"
    Filtered = "Filtered"


def words(of: type[enum.Enum], name: str) -> Enum:
    """A native enum that holds the values, and not the members' names."""
    return Enum(of, name=name, values_callable=lambda each: [member.value for member in each])


class Base(DeclarativeBase):
    """The application's tables."""

    metadata = MetaData()
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        datetime: DateTime(timezone=True),
        Curation: words(Curation, "curation"),
        DeepScanStatus: words(DeepScanStatus, "deep_scan_status"),
        DomainExtractionStatus: words(DomainExtractionStatus, "domain_extraction_status"),
        SitemapImportStatus: words(SitemapImportStatus, "sitemap_import_status"),
        PageProcessingStatus: words(PageProcessingStatus, "page_processing_status"),
    }


class Place(Base):
    """What a search found."""

    __tablename__ = "places_staging"
    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[str]
    tenant_id: Mapped[UUID | None]
    status: Mapped[Curation] = mapped_column(default=Curation.New)
    deep_scan_status: Mapped[DeepScanStatus | None]
    deep_scan_error: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LocalBusiness(Base):
    """A business, as the map knows it."""

    __tablename__ = "local_businesses"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    tenant_id: Mapped[UUID | None]
    place_id: Mapped[str | None]
    website_url: Mapped[str | None]
    status: Mapped[Curation] = mapped_column(default=Curation.New)
    domain_extraction_status: Mapped[DomainExtractionStatus | None]
    domain_extraction_error: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Domain(Base):
    """A website."""

    __tablename__ = "domains"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    domain: Mapped[str] = mapped_column(unique=True)


class SitemapFile(Base):
    """A list of pages."""

    __tablename__ = "sitemap_files"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    domain_id: Mapped[UUID]
    tenant_id: Mapped[UUID | None]
    url: Mapped[str]
    deep_scrape_curation_status: Mapped[Curation] = mapped_column(default=Curation.New)
    sitemap_import_status: Mapped[SitemapImportStatus | None]
    sitemap_import_error: Mapped[str | None]
    url_count: Mapped[int | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Page(Base):
    """A page."""

    __tablename__ = "pages"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    domain_id: Mapped[UUID]
    url: Mapped[str]
    page_curation_status: Mapped[Curation] = mapped_column(default=Curation.New)
    page_processing_status: Mapped[PageProcessingStatus | None]
    page_processing_error: Mapped[str | None]
    contact_scrape_status: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PaidCall(Base):
    """One call of a service that costs money: nothing but a second row of an item shows that it was paid twice."""

    __tablename__ = "paid_calls"
    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str]
    host: Mapped[str]


BUSY: dict[Any, Any] = {
    Place.deep_scan_status: (DeepScanStatus.Queued, DeepScanStatus.Processing),
    LocalBusiness.domain_extraction_status: (DomainExtractionStatus.Queued, DomainExtractionStatus.Processing),
    SitemapFile.sitemap_import_status: (SitemapImportStatus.Queued, SitemapImportStatus.Processing),
    Page.page_processing_status: (PageProcessingStatus.Queued, PageProcessingStatus.Processing),
}
