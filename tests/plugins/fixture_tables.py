"""The tables that the plugins of this folder work."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import States, Workflow


class Base(DeclarativeBase):
    pass


class GoodPage(Base):
    """What the plugin ``good`` works."""

    __tablename__ = "good_page"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]


class Page(Base):
    """What the others work."""

    __tablename__ = "page"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]


def workflow_of(model):
    states = States(queued="Queued", processing="Processing", completed="Completed", failed="Error")
    return Workflow(status=model.status, states=states)
