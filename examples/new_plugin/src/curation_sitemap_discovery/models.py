"""The tables, as far as this workflow touches them. They belong to the application that has them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import DateTime, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Tables(DeclarativeBase):
    """Its own metadata, apart from every application's.

    Status columns are mapped as text, which enums are compared with and written from just as well.
    """

    metadata = MetaData()
    type_annotation_map = {str: Text(), datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy's own idiom


class Domain(Tables):
    """A website. The item of this workflow."""

    __tablename__ = "domains"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    domain: Mapped[str]
    tenant_id: Mapped[UUID | None]
    sitemap_analysis_status: Mapped[str | None]
    sitemap_analysis_error: Mapped[str | None]
    updated_at: Mapped[datetime | None]


class SitemapFile(Tables):
    """A sitemap. This workflow only adds rows, unique by ``(domain_id, url)``."""

    __tablename__ = "sitemap_files"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    domain_id: Mapped[UUID]
    tenant_id: Mapped[UUID | None]
    url: Mapped[str]
    sitemap_type: Mapped[str | None]
    discovery_method: Mapped[str | None]
    sitemap_import_status: Mapped[str | None]
