"""A workflow whose rows have a key of two columns."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import States, Workflow, hookimpl


class Base(DeclarativeBase):
    pass


class Pair(Base):
    __tablename__ = "pair"
    region: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]


@hookimpl
def declare_workflow():
    states = States(queued="Queued", processing="Processing", completed="Complete", failed="Error")
    return Workflow(status=Pair.status, states=states)


@hookimpl
async def process_item(item):
    return item.number
