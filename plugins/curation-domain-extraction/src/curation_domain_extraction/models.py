"""The columns this plugin touches, and no others, on a MetaData of its own.

Status columns are mapped as text: PostgreSQL compares and stores the words in native enums just as well, because no
statement gives them a type.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Tables(DeclarativeBase):
    """Keeps this plugin's tables apart from everybody else's."""

    metadata = MetaData()


class LocalBusiness(Tables):
    """A business, read; the engine moves its status."""

    __tablename__ = "local_businesses"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID | None]
    website_url: Mapped[str | None]
    domain_extraction_status: Mapped[str | None]
    domain_extraction_error: Mapped[str | None]
    updated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Domain(Tables):
    """A domain, written."""

    __tablename__ = "domains"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID | None]
    domain: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str | None]
    local_business_id: Mapped[UUID | None]
    sitemap_curation_status: Mapped[str | None]
    sitemap_analysis_status: Mapped[str | None]
    meta_json: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
