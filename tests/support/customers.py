"""A workflow whose table is in a schema of its own, its status an enum of Python, native in a schema of another."""

from __future__ import annotations

import enum
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any, ClassVar

from sqlalchemy import Enum, MetaData, update
from sqlalchemy.dialects.postgresql import ARRAY, ENUM
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import Retry, States, Workflow, hookimpl
from curation_core.testing import conformance_suite


class Stage(enum.Enum):
    NEW = "new"
    QUEUED = "queued"
    PROCESSING = "processing"
    RATED = "rated"
    FAILED = "failed"


WORDS = States(queued=Stage.QUEUED, processing=Stage.PROCESSING, completed=Stage.RATED, failed=Stage.FAILED)
STATUS = ENUM(Stage, name="lead status", schema="words", create_type=False)


class Tables(DeclarativeBase):
    metadata = MetaData()


class Lead(Tables):
    __tablename__ = "leads"
    __table_args__: ClassVar = {"schema": "crm"}
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    rating: Mapped[str | None] = mapped_column(Enum("hot", "cold", name="rating", schema="crm"))
    tags: Mapped[list[str] | None] = mapped_column(ARRAY(Enum("new", "known", name="tag", schema="Merkmale")))
    status: Mapped[Stage | None] = mapped_column(STATUS)


class Visit(Tables):
    """Owned by the plugin, in a schema that no other table is in."""

    __tablename__ = "visits"
    __table_args__: ClassVar = {"schema": "bookkeeping"}
    id: Mapped[int] = mapped_column(primary_key=True)


def declare_workflow() -> Workflow:
    return Workflow(status=Lead.status, states=WORDS, owns=[Visit])


@asynccontextmanager
async def lifespan(settings: None):
    message = "the network is far away"
    raise ConnectionError(message)
    yield


async def process_item(item: Lead, resources: Any) -> str:
    return await resources.rate(item.name)


async def save_result(session: AsyncSession, item: Lead, result: str) -> None:
    await session.execute(update(Lead).where(Lead.id == item.id).values(rating=result, tags=["known"]))


class Rater:
    async def rate(self, name: str) -> str:
        return "hot" if len(name) % 2 else "cold"


def suite() -> type:
    """The conformance suite of the plugin, with resources in the place of the network."""
    plugin = ModuleType("leads_plugin")
    for hook in (declare_workflow, lifespan, process_item, save_result):
        setattr(plugin, hook.__name__, hookimpl(hook))
    return conformance_suite(
        "leads",
        plugin=plugin,
        make_item=lambda n: Lead(name=f"lead {n}"),
        resources=Rater,
        errors={ConnectionError("the network is away"): Retry},
    )
