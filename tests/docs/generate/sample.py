from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import States, Workflow


class Base(DeclarativeBase):
    pass


class Page(Base):
    __tablename__ = "pages"
    id: Mapped[int] = mapped_column(primary_key=True)
    curation: Mapped[str]
    status: Mapped[str]
    error: Mapped[str | None]


WORKFLOW = Workflow(
    status=Page.status,
    error=Page.error,
    states=States(queued="Queued", processing="Processing", completed="Complete", failed="Error"),
    where=Page.curation == "Selected",
)
