"""A status column may be of any type, with any words, in any table, and the order of any columns."""

import enum
from datetime import datetime, timedelta

import pytest
from lab.matrix import ORDERS, model_of, work_everything
from lab.plugins import plugin_of, return_orders
from lab.tables import WORDS, quick
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Enum,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
    any_,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, CHAR, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import States, Workflow


class Base(DeclarativeBase):
    """Of one test."""


ROWS = [{"id": number} for number in range(1, 2 * len(ORDERS) + 1)]


class Sitemap(enum.Enum):
    """Names in capitals, values as the database has them."""

    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETE = "Complete"
    ERROR = "Error"
    NOT_A_FIT = "Not a Fit"


class Level(enum.IntEnum):
    """Numbers with names, in an integer column."""

    WAITING = 0
    RUNNING = 1
    READY = 2
    BROKEN = -1
    EMPTY = 3


def values_of(kind):
    return [member.value for member in kind]


SITEMAP = States(
    queued=Sitemap.QUEUED,
    processing=Sitemap.PROCESSING,
    completed=Sitemap.COMPLETE,
    failed=Sitemap.ERROR,
    skipped=Sitemap.NOT_A_FIT,
)
SITEMAP_TEXTS = States(
    queued="Queued", processing="Processing", completed="Complete", failed="Error", skipped="Not a Fit"
)
ODD = States(
    queued="it's queued", processing='50% "done"', completed="\\o/ :done", failed="$1 {failed}", skipped="žádný 🦄"
)


class Lowered(TypeDecorator):
    """The application's words, stored in its own way."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else value.lower()

    def process_result_value(self, value, dialect):
        return None if value is None else value.capitalize()


NUMBERS = States(queued=0, processing=1, completed=2, failed=-1, skipped=3)
LEVELS = States(
    queued=Level.WAITING, processing=Level.RUNNING, completed=Level.READY, failed=Level.BROKEN, skipped=Level.EMPTY
)
LETTERS = States(queued="Q", processing="P", completed="C", failed="E")

KINDS = {
    "text": (Text(), WORDS),
    "text with odd words": (Text(), ODD),
    "varchar that just holds its words": (String(10), SITEMAP_TEXTS),
    "one character": (CHAR(1), LETTERS),
    "padded characters": (CHAR(12), WORDS),
    "integer": (Integer(), NUMBERS),
    "integer with an enum": (Integer(), LEVELS),
    "smallint": (SmallInteger(), NUMBERS),
    "numeric": (Numeric(2, 0), NUMBERS),
    "native enum by value": (Enum(Sitemap, name="sitemap", values_callable=values_of), SITEMAP),
    "native enum by name": (Enum(Sitemap, name="sitemap"), SITEMAP),
    "native enum of plain texts": (Enum(*values_of(Sitemap), name="sitemap"), SITEMAP_TEXTS),
    "native enum with odd words": (Enum(*(word for _, word in ODD), name="odd"), ODD),
    "text with a Python enum by name": (Enum(Sitemap, native_enum=False), SITEMAP),
    "text with a Python enum by value": (Enum(Sitemap, native_enum=False, values_callable=values_of), SITEMAP),
    "text and members of a Python enum": (Text(), SITEMAP),
    "a type of the application's": (Lowered(), WORDS),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_status_may_be_of_any_type(lab, kind):
    type_, states = KINDS[kind]
    model = model_of("thing", Column("id", Integer, primary_key=True), status=type_)
    await work_everything(lab, model, ROWS, states=states)


async def test_a_native_enum_may_be_mapped_as_plain_text(lab):
    """The model says text, the database says enum: as every application that reflects half of its schema has it."""
    model = model_of("thing", Column("id", Integer, primary_key=True), status=String(20))
    await lab.create(model.metadata)
    await lab.execute(text("create type sitemap as enum ('Queued', 'Processing', 'Complete', 'Error', 'Not a Fit')"))
    await lab.execute(text("alter table thing alter status type sitemap using status::sitemap"))
    rows = [{"id": number, "orders": "done"} for number in range(1, 4)]
    await lab.execute(
        text("insert into thing (id, orders, status) select g, 'done', 'Queued' from generate_series(1, 3) g")
    )

    async def fail_two(item):
        if item.id == 2:
            raise ValueError("two")

    workflow = Workflow(status=model.status, error=model.error, states=SITEMAP_TEXTS)
    await lab.until_idle({"items": plugin_of(workflow, fail_two)}, policies={"items": quick(max_attempts=2)})
    found = await lab.all(text("select status::text from thing order by id"))
    assert [row.status for row in found] == ["Complete", "Error", "Complete"]
    assert len(rows) == len(found)


async def test_a_table_may_stand_in_another_schema_with_names_that_need_quotes(lab):
    await lab.execute(text('create schema "My Schema"'))
    model = model_of(
        "order",
        Column("select", Integer, primary_key=True),
        Column("group by", Text),
        status=Text(),
        schema="My Schema",
    )
    rows = [{"select": row["id"], "group by": f'"{row["id"]}"'} for row in ROWS]
    await work_everything(lab, model, rows, order_by=(getattr(model, "group by"),))


@pytest.mark.parametrize("table", ["thing", "claim", "waiting", "fenced", "found", "chosen", "last", "fresh"])
async def test_names_that_the_statements_use_themselves_may_be_the_users_too(lab, table):
    model = model_of(
        table,
        Column("item", Text, primary_key=True),
        Column("workflow", Integer, primary_key=True),
        Column("token", Integer),
        Column("scanned", Integer),
        Column("claim_item", Text),
        Column("worker", Text),
        Column("attempt", Integer),
        Column("retry_at", Integer),
        Column("last_0", Text),
    )
    rows = [{"item": f"i{row['id']}", "workflow": row["id"], "scanned": -row["id"], "token": 7} for row in ROWS]
    await work_everything(lab, model, rows, order_by=(model.scanned, model.token))


async def test_attributes_may_be_named_otherwise_than_their_columns(lab):
    model = model_of(
        "thing", Column("ID", Integer, key="number", primary_key=True), Column("Order", Integer, key="rank")
    )
    rows = [{"number": row["id"], "rank": -row["id"]} for row in ROWS]
    await work_everything(lab, model, rows, order_by=(model.rank.desc(),))


@pytest.mark.parametrize("type_", [String(20), CHAR(20), Text()], ids=["varchar", "char", "text"])
async def test_a_reason_is_cut_to_what_the_error_column_holds(lab, type_):
    model = model_of("thing", Column("id", Integer, primary_key=True), Column("reason", type_))
    await lab.create(model.metadata)
    await lab.execute(insert(model.__table__), [{"id": number, "status": "Queued"} for number in (1, 2)])

    async def fails(item):
        raise ValueError("a reason — with é — that is longer than twenty characters")

    workflow = Workflow(status=model.status, error=model.reason, states=WORDS)
    await lab.until_idle({"items": plugin_of(workflow, fails)}, policies={"items": quick(max_attempts=1)})
    whole = "ValueError: a reason — with é — that is longer than twenty characters"
    kept = getattr(type_, "length", None)
    expected = whole if kept is None else whole[:kept]
    assert await lab.all(select(model.status, model.reason)) == [("Error", expected)] * 2
    assert [row.reason for row in await lab.history()] == [whole] * 2


async def test_a_table_without_an_error_column_fails_its_rows_all_the_same(lab):
    model = model_of("thing", Column("id", Integer, primary_key=True))
    await lab.create(model.metadata)
    await lab.execute(insert(model.__table__), [{"id": 1, "status": "Queued", "error": "left alone"}])

    async def fails(item):
        raise ValueError("no")

    workflow = Workflow(status=model.status, states=WORDS)
    await lab.until_idle({"items": plugin_of(workflow, fails)}, policies={"items": quick(max_attempts=2)})
    assert await lab.all(select(model.status, model.error)) == [("Error", "left alone")]


async def test_a_workflow_of_one_class_of_a_table_leaves_the_rows_of_the_others_alone(lab):
    """Single-table inheritance: the table holds rows that are no items of this model."""

    class Document(Base):
        __tablename__ = "document"
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "document"}  # noqa: RUF012 - as in any model
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        status: Mapped[str]

    class Sheet(Document):
        __mapper_args__ = {"polymorphic_identity": "sheet"}  # noqa: RUF012 - likewise

    await lab.create(Base.metadata)
    kinds = ["document", "sheet", "document", "sheet"]
    await lab.execute(insert(Document.__table__), [{"kind": kind, "status": "Queued"} for kind in kinds])

    async def process_item(item):
        assert type(item) is Sheet

    workflow = Workflow(status=Sheet.status, states=WORDS)
    await lab.until_idle({"sheets": plugin_of(workflow, process_item)}, policies={"sheets": quick()}, deadline=10)
    found = await lab.all(select(Document.__table__.c.status).order_by(Document.id))
    assert [row.status for row in found] == ["Queued", "Completed", "Queued", "Completed"]


CONDITIONS = {
    "equals": lambda model: model.kind == "it's 100% :sel\\ected",
    "in": lambda model: model.kind.in_(["it's 100% :sel\\ected", "another"]),
    "is true": lambda model: model.wanted,
    "is not true": lambda model: ~model.archived,
    "is null": lambda model: model.gone_at.is_(None),
    "since": lambda model: model.seen_at > datetime(2020, 1, 1),  # noqa: DTZ001 - of a column without a time zone
    "contains": lambda model: model.tags.contains(["a'b"]),
    "like": lambda model: model.kind.like("it's 100\\%%", escape="\\"),
    "a member of an enum": lambda model: model.choice == Sitemap.QUEUED,
    "one of several members": lambda model: model.choice.in_([Sitemap.QUEUED, Sitemap.NOT_A_FIT]),
    "a field of a document": lambda model: model.document["kind"].astext == "it's",
    "an element of a list": lambda model: any_(model.tags) == "a'b",
    "or": lambda model: (model.kind == "x") | (model.wanted & (model.rank >= 3)),
    "interval": lambda model: model.seen_at + timedelta(days=1) > datetime(2020, 1, 1),  # noqa: DTZ001 - likewise
}


@pytest.mark.parametrize("kind", CONDITIONS)
async def test_the_condition_of_what_is_wanted_may_be_any(lab, kind):
    model = model_of(
        "thing",
        Column("id", Integer, primary_key=True),
        Column("kind", Text),
        Column("wanted", Boolean),
        Column("archived", Boolean),
        Column("gone_at", DateTime),
        Column("seen_at", DateTime),
        Column("tags", ARRAY(Text)),
        Column("rank", Integer),
        Column("choice", Enum(Sitemap, name="choice", values_callable=values_of)),
        Column("document", JSONB),
    )
    await lab.create(model.metadata)
    moment = datetime(2024, 1, 1)  # noqa: DTZ001 - of a column without a time zone
    wanted = {"kind": "it's 100% :sel\\ected", "wanted": True, "archived": False, "gone_at": None, "seen_at": moment}
    wanted |= {"choice": Sitemap.QUEUED, "document": {"kind": "it's"}}
    unwanted = {"kind": "no", "wanted": False, "archived": True, "gone_at": moment, "seen_at": None}
    unwanted |= {"choice": Sitemap.ERROR, "document": {"kind": "its"}}
    await lab.execute(
        insert(model.__table__),
        [
            {"id": 1, "status": "Queued", "orders": "ok", **wanted, "tags": ["x", "a'b"], "rank": 3},
            {"id": 2, "status": "Queued", "orders": "ok", **unwanted, "tags": ["x"], "rank": 1},
            {"id": 3, "status": "Queued", "orders": "ok", **dict.fromkeys(wanted), "tags": None, "rank": None}
            | ({"gone_at": moment} if kind == "is null" else {}),
        ],
    )
    workflow = Workflow(status=model.status, error=model.error, states=WORDS, where=CONDITIONS[kind](model))
    await lab.until_idle({"items": plugin_of(workflow, return_orders)}, policies={"items": quick()})
    found = await lab.all(select(model.id, model.status).order_by(model.id))
    assert found == [(1, "Completed"), (2, "Queued"), (3, "Queued")]
