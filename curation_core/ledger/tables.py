"""The engine's four tables, in a schema of their own."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    Interval,
    MetaData,
    Sequence,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY


class Ledger:
    """The engine's tables under one schema name.

    Args:
        schema: Where they live; ``curation`` unless the operator chose another.
    """

    def __init__(self, schema: str = "curation") -> None:
        self.schema = schema
        self.metadata = MetaData(schema=schema)
        self.token = Sequence("claim_token", metadata=self.metadata, data_type=BigInteger)
        self.worker = Table(
            "worker",
            self.metadata,
            Column("id", Uuid, primary_key=True),
            Column("host", Text, nullable=False),
            Column("pid", Integer, nullable=False),
            Column("version", Text, nullable=False),
            Column("workflows", ARRAY(Text), nullable=False),
            Column("started_at", DateTime(timezone=True), nullable=False),
            Column("heartbeat_at", DateTime(timezone=True), nullable=False),
            Column("lost_after", Interval, nullable=False),
            comment="one row a process start, with its heartbeat",
        )
        self.claim = Table(
            "claim",
            self.metadata,
            Column("workflow", Text, primary_key=True),
            Column("item", Text, primary_key=True),
            Column("token", BigInteger, nullable=False),
            Column("queueing", BigInteger, nullable=False),
            Column("worker", Uuid),
            Column("attempt", Integer, nullable=False),
            Column("lost", SmallInteger, nullable=False, server_default="0"),
            Column("claimed_at", DateTime(timezone=True), nullable=False),
            Column("retry_at", DateTime(timezone=True)),
            Column("error", Text),
            CheckConstraint("(worker is null) = (retry_at is not null)", name="claim_live_or_waiting"),
            comment="rows held by a worker, or waiting for their next attempt; all others have no row here",
            # Every row dies young: without this autovacuum would come by the item tables' measure, far too late.
            postgresql_with={"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 2000},
        )
        Index(
            "claim_waiting",
            self.claim.c.workflow,
            self.claim.c.retry_at,
            postgresql_where=self.claim.c.worker.is_(None),
        )
        Index(
            "claim_live",
            self.claim.c.workflow,
            self.claim.c.worker,
            postgresql_where=self.claim.c.worker.is_not(None),
        )
        self.attempt = Table(
            "attempt",
            self.metadata,
            Column("workflow", Text, primary_key=True),
            Column("item", Text, primary_key=True),
            Column("token", BigInteger, primary_key=True),
            Column("attempt", Integer, nullable=False),
            Column("worker", Uuid, nullable=False),
            Column("claimed_at", DateTime(timezone=True), nullable=False),
            Column("settled_at", DateTime(timezone=True), nullable=False),
            Column("seconds", Double, nullable=False),
            Column("outcome", Text, nullable=False),
            Column("reason", Text, nullable=False, server_default=""),
            comment="history, append-only: one row for each claim that ended, and how",
        )
        Index("attempt_settled_at", self.attempt.c.settled_at, postgresql_using="brin")
        self.control = Table(
            "control",
            self.metadata,
            Column("workflow", Text, primary_key=True),
            Column("paused_until", DateTime(timezone=True)),
            Column("paused_by", Text),
            Column("reason", Text),
            Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
            comment="what holds a workflow back on every host",
        )
