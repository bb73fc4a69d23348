"""The tables that most tests work: pages, what their processing wrote, and contacts beside them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, MetaData, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import Policy, States, Workflow

WORDS = States(queued="Queued", processing="Processing", completed="Completed", failed="Error")


class Base(DeclarativeBase):
    """A user's models."""

    metadata = MetaData()


class Page(Base):
    """An item. Its ``orders`` tell the plugin what to do with it."""

    __tablename__ = "page"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    status: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    curation: Mapped[str | None] = mapped_column(Text, server_default="Selected")
    orders: Mapped[str] = mapped_column(Text, server_default="")
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Effect(Base):
    """What ``save_result`` writes: the key refuses a second one for the same page."""

    __tablename__ = "effect"
    page_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    result: Mapped[str | None] = mapped_column(Text)


class Contact(Base):
    """A second workflow's item, and a downstream one where a test says so."""

    __tablename__ = "contact"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    status: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    page_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(Page.id))


def pages_workflow(**more):
    """The workflow of `Page`, by its age."""
    declared = {"status": Page.status, "error": Page.error, "states": WORDS, "order_by": (Page.updated_at,)} | more
    return Workflow(**declared)


def contacts_workflow(**more):
    """The workflow of `Contact`."""
    return Workflow(**({"status": Contact.status, "error": Contact.error, "states": WORDS} | more))


def quick(**more):
    """A policy with no waits in it."""
    return Policy(**({"every": 3600, "backoff": (0,), "batch_size": 10, "concurrency": 10} | more))
