"""The tables that the benchmark works: rows with a payload of 300 bytes, by a bigint key and by a random uuid."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Identity,
    Index,
    Insert,
    Interval,
    Text,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from curation_core import States, Workflow

STATES = States(queued="Queued", processing="Processing", completed="Completed", failed="Error")
PAYLOAD = "x" * 300


class Key(StrEnum):
    """What identifies a row."""

    BIGINT = "bigint"
    UUID = "uuid"


class Base(DeclarativeBase):
    """The application's models."""


class Columns:
    """What both tables have beside their key, laid out as `curation doctor` would have it."""

    status: Mapped[str] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    @declared_attr.directive
    def __table_args__(cls):  # noqa: N805 - SQLAlchemy's way of declaring for a class
        queued = Index(f"{cls.__tablename__}_queued", "updated_at", "id", postgresql_where=text("status = 'Queued'"))
        return (queued, {"postgresql_with": {"fillfactor": 70}})


class Page(Columns, Base):
    __tablename__ = "page"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)


class PageByUuid(Columns, Base):
    __tablename__ = "page_by_uuid"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())


class Result(Base):
    __tablename__ = "result"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    page: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)


MODELS = {Key.BIGINT: Page, Key.UUID: PageByUuid}


def workflow(model: type[Page | PageByUuid]) -> Workflow:
    """The workflow that works a model's rows."""
    return Workflow(
        status=model.status,
        error=model.error,
        states=STATES,
        order_by=(model.updated_at, model.id),
    )


def filling(model: type[Page | PageByUuid], rows: int) -> Insert:
    """The statement that queues rows, each a millisecond after the one before."""
    number = func.generate_series(1, rows).column_valued("number")
    apart = literal(timedelta(milliseconds=1), Interval)
    return insert(model).from_select(
        ["status", "payload", "updated_at"],
        select(literal(STATES.queued), literal(PAYLOAD), func.now() - timedelta(days=1) + apart * number),
    )
