"""The tables that are worked while things break, and the numbers by which it is counted what became of each row.

Every queueing of a page has a number, given when the page is queued and noted in a table that only grows. An effect
carries the number that the page had when it was claimed. Nothing in the database keeps an effect from being there
twice: if the engine let it happen, it would be counted.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Identity, Index, Insert, Text, func, insert, literal, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import States

STATES = States(queued="Queued", processing="Processing", completed="Completed", failed="Error")
WITHDRAWN = "Withdrawn"
"""A word of people only."""


class Base(DeclarativeBase):
    """The application's models."""


class Page(Base):
    """An item. ``stall`` is for how many seconds its first attempt blocks the event loop."""

    __tablename__ = "page"
    __table_args__ = (
        Index("page_queued", "updated_at", "id", postgresql_where=text("status = 'Queued'")),
        {"postgresql_with": {"fillfactor": 70}},
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    stall: Mapped[float] = mapped_column(server_default="0")
    queueing: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())


class Queueing(Base):
    """One time that a page was queued. ``overruled``: a person moved or deleted the page before it was done."""

    __tablename__ = "queueing"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
    overruled: Mapped[bool] = mapped_column(server_default="false")


class Effect(Base):
    """What ``save_result`` writes: no key, no constraint, so that a second one goes in like the first."""

    __tablename__ = "effect"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    queueing: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp(), index=True)


def queue_new(pages: int) -> Insert:
    """The statement that adds pages, each with its first queueing."""
    number = func.generate_series(1, pages).column_valued("number")
    noted = insert(Queueing).from_select(["overruled"], select(number < 0)).returning(Queueing.id).cte("noted")
    return insert(Page).from_select(["status", "queueing"], select(literal(STATES.queued), noted.c.id))
