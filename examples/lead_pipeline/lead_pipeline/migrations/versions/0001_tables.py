"""The tables of the lead pipeline, with their words as native enums."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM, JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _words(name: str, *words: str) -> ENUM:
    return ENUM(*words, name=name, create_type=False)


CURATION = _words("curation_status", "New", "Selected", "Maybe", "Not a Fit", "Archived")
PROCESSING = _words("processing_status", "Queued", "Processing", "Completed", "Error")
ANALYSIS = _words("sitemap_analysis_status", "pending", "queued", "processing", "submitted", "failed")
IMPORT = _words("sitemap_import_status", "Queued", "Processing", "Complete", "Error")
PAGE = _words("page_processing_status", "Queued", "Processing", "Complete", "Error", "Filtered")
SCRAPE = _words("contact_scrape_status", "New", "ContactFound", "NoContactFound", "Error")
EMAIL = _words("email_type", "SERVICE", "CORPORATE", "FREE", "UNKNOWN")
TYPES = (CURATION, PROCESSING, ANALYSIS, IMPORT, PAGE, SCRAPE, EMAIL)
TABLES = ("places_staging", "local_businesses", "domains", "sitemap_files", "pages", "contacts")
ROOM_FOR_UPDATES = {"fillfactor": 70}  # per cent of each disk page that inserts fill
TIME = sa.DateTime(timezone=True)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def upgrade() -> None:
    """Make the types, then the tables."""
    for words in TYPES:
        words.create(op.get_bind())
    _make_places_and_businesses()
    _make_domains_and_sitemaps()
    _make_pages_and_contacts()


def _make_places_and_businesses() -> None:
    op.create_table(
        "places_staging",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("place_id", sa.Text, nullable=False, unique=True),
        *_optional(sa.Text(), "name"),
        sa.Column("status", CURATION, server_default="New", nullable=False),
        *_optional(PROCESSING, "deep_scan_status"),
        *_optional(sa.Text(), "deep_scan_error"),
        *_times(),
        postgresql_with=ROOM_FOR_UPDATES,
    )
    op.create_table(
        "local_businesses",
        *_key(),
        sa.Column("place_id", sa.Text, unique=True),
        *_optional(sa.Text(), "lead_source", "business_name", "full_address", "street_address", "city", "state"),
        *_optional(sa.Text(), "zip", "country", "phone", "website_url", "price_text", "main_category", "timezone"),
        *_optional(sa.Text(), *(f"{day}_hours" for day in DAYS)),
        *_optional(sa.Numeric(), "rating", "latitude", "longitude"),
        *_optional(sa.Integer(), "reviews_count"),
        *_optional(sa.ARRAY(sa.Text), "extra_categories"),
        *_optional(JSONB(), "additional_json"),
        sa.Column("status", CURATION, server_default="New", nullable=False),
        *_optional(PROCESSING, "domain_extraction_status"),
        *_optional(sa.Text(), "domain_extraction_error"),
        *_times(),
        postgresql_with=ROOM_FOR_UPDATES,
    )


def _make_domains_and_sitemaps() -> None:
    op.create_table(
        "domains",
        *_key(),
        sa.Column("domain", sa.Text, nullable=False, unique=True),
        sa.Column("status", sa.Text, server_default="active", nullable=False),
        sa.Column("local_business_id", sa.Uuid, sa.ForeignKey("local_businesses.id", ondelete="SET NULL"), index=True),
        sa.Column("sitemap_curation_status", CURATION, server_default="New"),
        *_optional(ANALYSIS, "sitemap_analysis_status"),
        *_optional(sa.Text(), "sitemap_analysis_error"),
        *_optional(JSONB(), "meta_json"),
        *_times(),
        postgresql_with=ROOM_FOR_UPDATES,
    )
    op.create_table(
        "sitemap_files",
        *_key(),
        _domain_id(),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("sitemap_type", sa.Text, nullable=False),
        *_optional(sa.Text(), "discovery_method"),
        *_optional(IMPORT, "sitemap_import_status"),
        *_optional(sa.Text(), "sitemap_import_error"),
        *_optional(sa.Integer(), "url_count", "size_bytes", "status_code"),
        *_optional(sa.Boolean(), "is_gzipped", "has_lastmod"),
        *_optional(TIME, "last_processed_at"),
        *_times(),
        sa.UniqueConstraint("domain_id", "url"),
        postgresql_with=ROOM_FOR_UPDATES,
    )


def _make_pages_and_contacts() -> None:
    op.create_table(
        "pages",
        *_key(),
        _domain_id(),
        sa.Column("sitemap_file_id", sa.Uuid, sa.ForeignKey("sitemap_files.id", ondelete="SET NULL"), index=True),
        sa.Column("url", sa.Text, nullable=False),
        *_optional(sa.Text(), "lead_source", "page_type", "title", "description", "h1", "canonical_url", "meta_robots"),
        *_optional(sa.Integer(), "path_depth", "priority_level", "word_count"),
        *_optional(sa.Boolean(), "has_schema_markup", "has_contact_form"),
        *_optional(sa.ARRAY(sa.Text), "schema_types", "outbound_links"),
        *_optional(TIME, "last_modified", "last_scan"),
        *_optional(JSONB(), "additional_json"),
        sa.Column("honeybee_json", JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("contact_scrape_status", SCRAPE, server_default="New", nullable=False),
        sa.Column("page_curation_status", CURATION, server_default="New", nullable=False),
        *_optional(PAGE, "page_processing_status"),
        *_optional(sa.Text(), "page_processing_error"),
        *_times(),
        sa.UniqueConstraint("domain_id", "url"),
        postgresql_with=ROOM_FOR_UPDATES,
    )
    op.create_table(
        "contacts",
        _id(),
        _domain_id(),
        sa.Column("page_id", sa.Uuid, sa.ForeignKey("pages.id", ondelete="CASCADE"), index=True, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        *_optional(EMAIL, "email_type"),
        *_optional(sa.Boolean(), "has_gmail"),
        *_optional(sa.Text(), "context", "source_url", "name", "phone_number"),
        sa.Column("contact_curation_status", CURATION, server_default="New", nullable=False),
        *_times(),
        sa.UniqueConstraint("domain_id", "email"),
    )


def downgrade() -> None:
    """Drop the tables, then the types."""
    for table in reversed(TABLES):
        op.drop_table(table)
    for words in TYPES:
        words.drop(op.get_bind())


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Uuid, server_default=sa.func.gen_random_uuid(), primary_key=True)


def _key() -> tuple[sa.Column[Any], ...]:
    return _id(), sa.Column("tenant_id", sa.Uuid, nullable=False)


def _times() -> tuple[sa.Column[Any], ...]:
    return tuple(
        sa.Column(name, TIME, server_default=sa.func.now(), nullable=False) for name in ("created_at", "updated_at")
    )


def _optional(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind) for name in names]


def _domain_id() -> sa.Column[Any]:
    return sa.Column("domain_id", sa.Uuid, sa.ForeignKey("domains.id", ondelete="CASCADE"), nullable=False)
