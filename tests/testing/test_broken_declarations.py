"""Plugins that say something wrong of themselves. Each fails exactly the check that is made for it."""

from typing import Any

from notes import Note, NotesSettings, Tables, declare_workflow, fails, suite
from pydantic import BaseModel
from sqlalchemy import Enum, ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from curation_core import Workflow

TestNotInstalled = fails(suite(workflow="nobody-has-this", plugin=None), "it_loads", "nobody-has-this")
TestMisspeltHook = fails(suite(plugin="notes_misspelt"), "it_loads", "notes_misspelt", alone=True)


class Careless(NotesSettings):
    limit: Any = 10


def careless():
    workflow = declare_workflow()
    return Workflow(
        status=workflow.status,
        error=workflow.error,
        states=workflow.states,
        defaults=workflow.defaults,
        settings=Careless,
    )


TestSettingOfAnyType = fails(suite(declare_workflow=careless), "wrong_settings_are_refused_by_name", "limit")


class Inner(BaseModel):
    size: int = 1


class Outer(NotesSettings):
    inner: Inner = Inner()


def outer():
    workflow = declare_workflow()
    return Workflow(
        status=workflow.status, error=workflow.error, states=workflow.states, defaults=workflow.defaults, settings=Outer
    )


class Others(DeclarativeBase):
    metadata = MetaData()


class Leaflet(Others):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str]
    status: Mapped[str | None] = mapped_column(Enum("Queued", "Processing", "Completed", "Failed", name="note_status"))
    error: Mapped[str | None]


def wrong_word():
    workflow = declare_workflow()
    return Workflow(status=Leaflet.status, error=Leaflet.error, states=workflow.states, settings=NotesSettings)


TestWordThatTheDatabaseHasNot = fails(
    suite(declare_workflow=wrong_word, make_item=lambda n: Leaflet(path=f"/{n}")),
    "the_database_has_its_columns_and_words",
    "can't hold 'Done'",
)

Elsewhere = MetaData()
for table in Tables.metadata.sorted_tables:
    copy = table.to_metadata(Elsewhere)
    if table.name == "findings":
        copy._columns.remove(copy.c.text)  # noqa: SLF001 - SQLAlchemy has no public way to take a column away

TestColumnThatTheDatabaseHasNot = fails(
    suite(tables=Elsewhere),
    "the_database_has_its_columns_and_words",
    r"no column 'text'\nRemedy: map what the table in tables= has",
    alone=True,
)


async def always_refuses(item):
    message = f"{item.path} is not liked"
    raise ValueError(message)


TestNothingIsEverDone = fails(suite(process_item=always_refuses), "an_item_comes_to_its_end", "is not liked")


async def moves_status(session, item, result):
    note = await session.get(Note, item.id)
    note.status = "Finished"


class Linked(DeclarativeBase):
    metadata = MetaData()


class Sheet(Linked):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str]
    status: Mapped[str | None]
    error: Mapped[str | None]
    proofs: Mapped[list["Proof"]] = relationship()


class Proof(Linked):
    __tablename__ = "findings"
    note_id: Mapped[int] = mapped_column(ForeignKey(Sheet.id), primary_key=True)
    text: Mapped[str]


def linked():
    workflow = declare_workflow()
    return Workflow(status=Sheet.status, error=Sheet.error, states=workflow.states, settings=NotesSettings)


async def reads_related_rows(item):
    return f"{len(item.proofs)} proofs"


async def saves_by_related_rows(session, item, result):
    sheet = await session.get(Sheet, item.id)
    sheet.proofs.append(Proof(text=result))


def linked_suite(**hooks):
    return suite(declare_workflow=linked, make_item=lambda n: Sheet(path=f"/{n}"), **hooks)


ASK = r"(?s:.*)\nRemedy: an item has the columns of its table and no related rows"
TestReadsRelatedRows = fails(
    linked_suite(process_item=reads_related_rows),
    "an_item_comes_to_its_end",
    rf"DetachedInstanceError.*'proofs'{ASK}",
    alone=True,
)
TestSavesByRelatedRows = fails(
    linked_suite(save_result=saves_by_related_rows), "an_item_comes_to_its_end", f"MissingGreenlet{ASK}", alone=True
)


TestMovesItsOwnStatus = fails(suite(save_result=moves_status), "an_item_comes_to_its_end", "Finished", alone=True)
