"""The first tables: worker, claim, attempt, control."""

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = context.config.attributes["schema"]
    op.execute(sa.schema.CreateSequence(sa.Sequence("claim_token", schema=schema, data_type=sa.BigInteger)))
    # From the microseconds since 1970 on: where these tables are dropped and made anew under running hosts, no token
    # and no idempotency key is given out twice.
    microseconds = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()) * 1_000_000, sa.BigInteger)
    op.execute(sa.select(sa.func.setval(f"{schema}.claim_token", microseconds)))
    op.create_table(
        "worker",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("workflows", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lost_after", sa.Interval, nullable=False),
        comment="one row a process start, with its heartbeat",
        schema=schema,
    )
    op.create_table(
        "claim",
        sa.Column("workflow", sa.Text, primary_key=True),
        sa.Column("item", sa.Text, primary_key=True),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("queueing", sa.BigInteger, nullable=False),
        sa.Column("worker", sa.Uuid),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("lost", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text),
        sa.CheckConstraint("(worker is null) = (retry_at is not null)", name="claim_live_or_waiting"),
        comment="rows held by a worker, or waiting for their next attempt; all others have no row here",
        schema=schema,
        postgresql_with={"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 2000},
    )
    op.create_index(
        "claim_waiting",
        "claim",
        ["workflow", "retry_at"],
        schema=schema,
        postgresql_where=sa.column("worker").is_(None),
    )
    op.create_index(
        "claim_live",
        "claim",
        ["workflow", "worker"],
        schema=schema,
        postgresql_where=sa.column("worker").is_not(None),
    )
    op.create_table(
        "attempt",
        sa.Column("workflow", sa.Text, primary_key=True),
        sa.Column("item", sa.Text, primary_key=True),
        sa.Column("token", sa.BigInteger, primary_key=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("worker", sa.Uuid, nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        comment="history, append-only: one row for each claim that ended, and how",
        schema=schema,
    )
    op.create_index("attempt_settled_at", "attempt", ["settled_at"], schema=schema, postgresql_using="brin")
    op.create_table(
        "control",
        sa.Column("workflow", sa.Text, primary_key=True),
        sa.Column("paused_until", sa.DateTime(timezone=True)),
        sa.Column("paused_by", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        comment="what holds a workflow back on every host",
        schema=schema,
    )


def downgrade() -> None:
    schema = context.config.attributes["schema"]
    for table in ("control", "attempt", "claim", "worker"):
        op.drop_table(table, schema=schema)
    op.execute(sa.schema.DropSequence(sa.Sequence("claim_token", schema=schema)))
