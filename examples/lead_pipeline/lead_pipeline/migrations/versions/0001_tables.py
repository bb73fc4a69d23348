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

CURATION = ENUM("New", "Selected", "Maybe", "Not a Fit", "Archived", name="curation_status", create_type=False)
EXTRACTION = ENUM("Queued", "Processing", "Completed", "Error", name="domain_extraction_status", create_type=False)
ANALYSIS = ENUM(
    "pending", "queued", "processing", "submitted", "failed", name="sitemap_analysis_status", create_type=False
)
IMPORT = ENUM("Queued", "Processing", "Complete", "Error", name="sitemap_import_status", create_type=False)
PAGE = ENUM("Queued", "Processing", "Complete", "Error", "Filtered", name="page_processing_status", create_type=False)
ROOM_FOR_UPDATES = {"fillfactor": 70}  # per cent of each disk page that inserts fill
TYPES = (CURATION, EXTRACTION, ANALYSIS, IMPORT, PAGE)


def upgrade() -> None:
    """Make the types, then the tables."""
    for words in TYPES:
        words.create(op.get_bind())
    op.create_table(
        "local_businesses",
        *_key(),
        sa.Column("business_name", sa.Text, nullable=False),
        sa.Column("website_url", sa.Text),
        sa.Column("status", CURATION, server_default="New", nullable=False),
        sa.Column("domain_extraction_status", EXTRACTION),
        sa.Column("domain_extraction_error", sa.Text),
        *_times(),
        postgresql_with=ROOM_FOR_UPDATES,
    )
    op.create_table(
        "domains",
        *_key(),
        sa.Column("domain", sa.Text, nullable=False, unique=True),
        sa.Column("status", sa.Text, server_default="active", nullable=False),
        sa.Column("local_business_id", sa.Uuid, sa.ForeignKey("local_businesses.id", ondelete="SET NULL"), index=True),
        sa.Column("sitemap_curation_status", CURATION, server_default="New"),
        sa.Column("sitemap_analysis_status", ANALYSIS),
        sa.Column("sitemap_analysis_error", sa.Text),
        sa.Column("meta_json", JSONB),
        *_times(),
    )
    op.create_table(
        "sitemap_files",
        *_key(),
        _domain_id(index=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("sitemap_import_status", IMPORT),
        sa.Column("sitemap_import_error", sa.Text),
        sa.Column("url_count", sa.Integer),
        sa.Column("size_bytes", sa.Integer),
        sa.Column("status_code", sa.Integer),
        sa.Column("is_gzipped", sa.Boolean),
        sa.Column("has_lastmod", sa.Boolean),
        sa.Column("last_processed_at", sa.DateTime(timezone=True)),
        *_times(),
        postgresql_with=ROOM_FOR_UPDATES,
    )
    op.create_table(
        "pages",
        *_key(),
        _domain_id(),
        sa.Column("sitemap_file_id", sa.Uuid, sa.ForeignKey("sitemap_files.id", ondelete="SET NULL"), index=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("lead_source", sa.Text),
        sa.Column("last_modified", sa.DateTime(timezone=True)),
        sa.Column("page_type", sa.Text),
        sa.Column("path_depth", sa.Integer),
        sa.Column("priority_level", sa.Integer),
        sa.Column("honeybee_json", JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("page_curation_status", CURATION, server_default="New", nullable=False),
        sa.Column("page_processing_status", PAGE),
        sa.Column("page_processing_error", sa.Text),
        *_times(),
        sa.UniqueConstraint("domain_id", "url"),
        postgresql_with=ROOM_FOR_UPDATES,
    )


def downgrade() -> None:
    """Drop the tables, then the types."""
    for table in ("pages", "sitemap_files", "domains", "local_businesses"):
        op.drop_table(table)
    for words in TYPES:
        words.drop(op.get_bind())


def _key() -> tuple[sa.Column[Any], ...]:
    key = sa.Column("id", sa.Uuid, server_default=sa.func.gen_random_uuid(), primary_key=True)
    return key, sa.Column("tenant_id", sa.Uuid, nullable=False)


def _times() -> tuple[sa.Column[Any], ...]:
    return tuple(
        sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
        for name in ("created_at", "updated_at")
    )


def _domain_id(*, index: bool = False) -> sa.Column[Any]:
    return sa.Column("domain_id", sa.Uuid, sa.ForeignKey("domains.id", ondelete="CASCADE"), index=index, nullable=False)
