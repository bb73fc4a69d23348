"""The tables, as far as this workflow touches them. They belong to the application that has them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Tables(DeclarativeBase):
    """Its own metadata, apart from every application's."""

    metadata = MetaData()


class SitemapFile(Tables):
    """A sitemap that a person, or an earlier step, found. The item of this workflow.

    ``sitemap_import_status`` may be an enum or text in the database; mapped as text, it is read as its word.
    """

    __tablename__ = "sitemap_files"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    domain_id: Mapped[UUID] = mapped_column(Uuid)
    tenant_id: Mapped[UUID | None] = mapped_column(Uuid)
    url: Mapped[str] = mapped_column(Text)
    sitemap_import_status: Mapped[str | None] = mapped_column(Text)
    sitemap_import_error: Mapped[str | None] = mapped_column(Text)
    url_count: Mapped[int | None] = mapped_column(Integer)
    size_bytes: Mapped[int | None] = mapped_column(Integer)
    status_code: Mapped[int | None] = mapped_column(Integer)
    is_gzipped: Mapped[bool | None]
    has_lastmod: Mapped[bool | None]
    last_processed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Page(Tables):
    """A page of a site. This workflow only adds rows, unique by ``(domain_id, url)``."""

    __tablename__ = "pages"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    domain_id: Mapped[UUID] = mapped_column(Uuid)
    tenant_id: Mapped[UUID | None] = mapped_column(Uuid)
    sitemap_file_id: Mapped[UUID | None] = mapped_column(Uuid)
    url: Mapped[str] = mapped_column(Text)
    lead_source: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    page_type: Mapped[str | None] = mapped_column(Text)
    path_depth: Mapped[int | None] = mapped_column(Integer)
    priority_level: Mapped[int | None] = mapped_column(Integer)
    honeybee_json: Mapped[dict[str, Any]] = mapped_column(JSONB)
    page_curation_status: Mapped[str] = mapped_column(Text)
    page_processing_status: Mapped[str | None] = mapped_column(Text)
