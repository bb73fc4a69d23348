"""The columns this plugin touches, and no others, on a MetaData of its own.

Status columns are mapped as text: PostgreSQL compares and stores the words in native enums just as well, because no
statement gives them a type.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Date, DateTime, MetaData, Numeric, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Tables(DeclarativeBase):
    """Keeps this plugin's tables apart from everybody else's."""

    metadata = MetaData()
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        Decimal: Numeric,
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text),
        dict[str, Any]: JSONB,
    }


class Place(Tables):
    """A place that a search found. The item of this workflow."""

    __tablename__ = "places_staging"

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[str] = mapped_column(unique=True)
    tenant_id: Mapped[UUID | None] = mapped_column(Uuid)
    deep_scan_status: Mapped[str | None]
    deep_scan_error: Mapped[str | None]
    updated_at: Mapped[datetime | None]


class LocalBusiness(Tables):
    """A business. Unique by ``place_id``; added, or filled in."""

    __tablename__ = "local_businesses"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    tenant_id: Mapped[UUID | None] = mapped_column(Uuid)
    place_id: Mapped[str | None] = mapped_column(unique=True)
    lead_source: Mapped[str | None]
    status: Mapped[str | None]
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


class DeepScanDay(Tables):
    """How many calls were made on one day of Google's quota. Brought along by this plugin."""

    __tablename__ = "deep_scan_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    calls: Mapped[int] = mapped_column(BigInteger)


class DeepScanContent(Tables):
    """Which columns of a business hold what Google said, and until when they may. Brought along by this plugin.

    ``digests`` has a digest of each such column's value, so that what somebody wrote over it is told from it.
    """

    __tablename__ = "deep_scan_content"

    place_id: Mapped[str] = mapped_column(primary_key=True)
    fetched_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(index=True)
    digests: Mapped[dict[str, Any]]
