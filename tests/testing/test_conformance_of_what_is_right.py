"""A plugin that does everything right passes every check: with the network, and with resources in its place."""

from datetime import timedelta
from uuid import uuid4

import customers
import notes
from sqlalchemy import ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import Pause, Workflow

TestNotes = notes.suite()


async def does_what_wrong_ones_nearly_do(item, attempt, resources):
    await resources.fetch("/token", "Idempotency-Key: of-the-host", f"X-Request-Id: {uuid4()}")
    price = f"/price{item.path}"
    await resources.fetch(price, f"Idempotency-Key: {attempt.idempotency_key}:price")
    return await resources.fetch(item.path, f"Idempotency-Key: {attempt.idempotency_key}")


TestNearlyWrong = notes.suite(process_item=does_what_wrong_ones_nearly_do)

TestLeadsInSchemasOfTheirOwnWithoutNetwork = customers.suite()


def pauses_for_any_error(error):
    return Pause(timedelta(minutes=10), f"no error is expected here: {error}")


TestPausesForAnyError = notes.suite(on_error=pauses_for_any_error, errors={})
TestPausesForAnyError.alone, TestPausesForAnyError.passes = True, "log_lines_name_their_item_and_no_secret"


class Application(DeclarativeBase):
    metadata = MetaData()


class Entry(Application):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str]
    status: Mapped[str | None]
    error: Mapped[str | None]


class Found(Application):
    __tablename__ = "findings"
    note_id: Mapped[int] = mapped_column(ForeignKey(Entry.id), primary_key=True)
    text: Mapped[str]


class Invoice(Application):
    __tablename__ = "invoices"
    number: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey(Entry.id))


def declare_on_the_application(owns=()):
    workflow = notes.declare_workflow()
    return Workflow(
        status=Entry.status,
        error=Entry.error,
        states=workflow.states,
        defaults=workflow.defaults,
        settings=workflow.settings,
        owns=owns,
    )


Needed = MetaData()
for model in (Entry, Found):
    model.__table__.to_metadata(Needed)

TestSomeTablesOfAnApplication = notes.suite(
    declare_workflow=declare_on_the_application, make_item=lambda n: Entry(path=f"/{n}"), tables=Needed
)
TestSomeTablesOfAnApplication.alone, TestSomeTablesOfAnApplication.passes = (
    True,
    [
        "the_database_has_its_columns_and_words",
        "nothing_is_forgotten",
        "a_row_can_be_worked_again",
        "other_rows_stay_as_they_are",
        "items_keep_to_themselves",
        "a_crash_leaves_no_effect[in_settle]",
    ],
)


TestOwnsWhatRefersToItsItems = notes.suite(
    declare_workflow=lambda: declare_on_the_application(owns=[Found]), make_item=lambda n: Entry(path=f"/{n}")
)
TestOwnsWhatRefersToItsItems.alone, TestOwnsWhatRefersToItsItems.passes = True, "items_keep_to_themselves"
