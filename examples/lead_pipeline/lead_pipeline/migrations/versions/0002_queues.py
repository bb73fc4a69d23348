"""What makes the status columns good queues: an index on the rows that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

QUEUES = {
    "places_staging": ("deep_scan_status", "'Queued'"),
    "local_businesses": ("domain_extraction_status", "'Queued'"),
    "domains": ("sitemap_analysis_status", "'queued'"),
    "sitemap_files": ("sitemap_import_status", "'Queued'"),
    "pages": ("page_processing_status", "'Queued'"),
}


def upgrade() -> None:
    """Index what waits, in the order it is claimed in."""
    for table, (status, word) in QUEUES.items():
        queued = sa.column(status) == sa.literal_column(word)
        op.create_index(f"ix_{table}_queued", table, ["updated_at", "id"], postgresql_where=queued)


def downgrade() -> None:
    """Without the indexes the tables can be worked too, only slower."""
    for table in QUEUES:
        op.drop_index(f"ix_{table}_queued", table)
