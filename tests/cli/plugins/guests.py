"""A workflow with a condition, an order, a table that it writes and one that it brings along, made while imported."""

from contextlib import asynccontextmanager

from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column

from curation_core import States, Workflow, hookimpl


class Base(DeclarativeBase):
    pass


class Guest(Base):
    __tablename__ = "guests"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    choice: Mapped[str]
    rank: Mapped[int]
    status: Mapped[str]
    error: Mapped[str | None]


class Letter(Base):
    __tablename__ = "letters"
    guest_id: Mapped[int] = mapped_column(ForeignKey(Guest.id), primary_key=True)
    body: Mapped[str]


class Stamp(Base):
    __tablename__ = "guest_stamps"
    number: Mapped[int] = mapped_column(primary_key=True)


CHOSEN = Guest.choice == "Selected"
NAMES = select(aliased(Guest).name)
WRITE = insert(Letter)
WRITE = WRITE.on_conflict_do_update(index_elements=[Letter.guest_id], set_={"body": WRITE.excluded.body})


@hookimpl
def declare_workflow():
    return Workflow(
        status=Guest.status,
        error=Guest.error,
        states=States(queued="Queued", processing="Processing", completed="Complete", failed="Error"),
        where=CHOSEN,
        order_by=(Guest.rank.desc(),),
        owns=(Stamp,),
    )


@hookimpl
@asynccontextmanager
async def lifespan(sessions):
    yield sessions


@hookimpl
async def process_item(item, resources):
    async with resources.begin() as session:
        stamp = Stamp()
        session.add(stamp)
        await session.flush()
        others = len((await session.scalars(NAMES)).all())
        same = await session.scalar(select(Guest.name).where(Guest.id == item.id, Guest.name == item.name))
    return f"{same} of {others}"


@hookimpl
async def save_result(session, item, result):
    await session.execute(WRITE, {"guest_id": item.id, "body": result})
