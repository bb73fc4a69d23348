"""A workflow whose table is not there."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import States, Workflow, hookimpl


class Base(DeclarativeBase):
    pass


class Lost(Base):
    __tablename__ = "lost"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]


@hookimpl
def declare_workflow():
    states = States(queued="Queued", processing="Processing", completed="Complete", failed="Error")
    return Workflow(status=Lost.status, states=states)


@hookimpl
async def process_item(item):
    return item
