"""The columns this plugin touches, and no others, on a MetaData of its own; and the two tables it brings along.

Status columns are mapped as text: PostgreSQL compares and stores the words in native enums just as well, because no
statement gives them a type.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, DateTime, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Tables(DeclarativeBase):
    """Keeps this plugin's tables apart from everybody else's."""

    metadata = MetaData()
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own idiom
        str: Text(),
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text),
        dict[str, Any]: JSONB(),
    }


class Page(Tables):
    """A page, read and written; the engine moves its status."""

    __tablename__ = "pages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    domain_id: Mapped[UUID]
    url: Mapped[str]
    updated_at: Mapped[datetime | None]
    page_processing_status: Mapped[str | None]
    page_processing_error: Mapped[str | None]
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
    last_modified: Mapped[datetime | None]
    last_scan: Mapped[datetime | None]
    additional_json: Mapped[dict[str, Any] | None]
    contact_scrape_status: Mapped[str | None]


class Contact(Tables):
    """An address found on a page, written."""

    __tablename__ = "contacts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    domain_id: Mapped[UUID]
    page_id: Mapped[UUID]
    email: Mapped[str]
    email_type: Mapped[str | None]
    has_gmail: Mapped[bool | None]
    context: Mapped[str | None]
    source_url: Mapped[str | None]
    name: Mapped[str | None]
    phone_number: Mapped[str | None]


class ContactPoint(Tables):
    """A way to reach the owner of a page that shows no address, for which ``contacts`` has no row. Our own table."""

    __tablename__ = "contact_points"

    page_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    how: Mapped[str]


class HostSlot(Tables):
    """When a host may be asked again, by whichever worker. Our own table.

    ``next_at`` is the end of the line of those that booked a turn, ``free_at`` when the next one may ask: while
    ``holder`` is asking, that is when its lease ends.
    """

    __tablename__ = "host_slots"

    host: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
    free_at: Mapped[datetime]
    holder: Mapped[UUID | None]
