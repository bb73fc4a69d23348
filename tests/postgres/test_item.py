"""The item that a plugin gets: the row as its model's session would have loaded it, of every type, and detached."""

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address
from uuid import UUID

import pytest
from lab.plugins import plugin_of
from lab.tables import WORDS, quick
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Computed,
    Date,
    DateTime,
    Double,
    Enum,
    ForeignKey,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    PickleType,
    SmallInteger,
    String,
    Text,
    Time,
    TypeDecorator,
    Uuid,
    insert,
    inspect,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, CIDR, INET, INT4RANGE, JSONB, TSTZRANGE, Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    composite,
    mapped_column,
    reconstructor,
    relationship,
)
from sqlalchemy.orm.exc import DetachedInstanceError

from curation_core import Workflow


class Base(DeclarativeBase):
    pass


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


class Words(TypeDecorator):
    """A list kept as one text, as applications do."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else " ".join(value)

    def process_result_value(self, value, dialect):
        return None if value is None else value.split()


@dataclass
class Point:
    x: int
    y: int


class Everything(Base):
    __tablename__ = "everything"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    small: Mapped[int | None] = mapped_column(SmallInteger)
    number: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    rounded: Mapped[float | None] = mapped_column(Numeric(12, 4, asdecimal=False))
    double: Mapped[float | None] = mapped_column(Double)
    flag: Mapped[bool | None] = mapped_column(Boolean)
    words: Mapped[list[str] | None] = mapped_column(Words)
    day: Mapped[date | None] = mapped_column(Date)
    hour: Mapped[time | None] = mapped_column(Time)
    moment: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    naive: Mapped[datetime | None] = mapped_column(DateTime)
    span: Mapped[timedelta | None] = mapped_column(Interval)
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    pickled: Mapped[object | None] = mapped_column(PickleType)
    uuid: Mapped[UUID | None] = mapped_column(Uuid)
    uuid_text: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    json: Mapped[object | None] = mapped_column(JSON)
    jsonb: Mapped[object | None] = mapped_column(JSONB)
    mutable: Mapped[dict | None] = mapped_column(MutableDict.as_mutable(JSONB))
    colour: Mapped[Colour | None] = mapped_column(Enum(Colour, name="colour"))
    colour_text: Mapped[Colour | None] = mapped_column(Enum(Colour, native_enum=False))
    colours: Mapped[list[Colour] | None] = mapped_column(ARRAY(Enum(Colour, name="colour")))
    numbers: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    table: Mapped[list[list[str]] | None] = mapped_column(ARRAY(Text, dimensions=2))
    address: Mapped[object | None] = mapped_column(INET)
    network: Mapped[object | None] = mapped_column(CIDR)
    range: Mapped[object | None] = mapped_column(INT4RANGE)
    period: Mapped[object | None] = mapped_column(TSTZRANGE)
    renamed: Mapped[str | None] = mapped_column("called otherwise", String(20))
    doubled: Mapped[int | None] = mapped_column(Integer, Computed("small * 2", persisted=True))
    position: Mapped[Point | None] = composite(
        mapped_column("x", Integer, nullable=True), mapped_column("y", Integer, nullable=True)
    )
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("everything.id"))
    parent: Mapped["Everything | None"] = relationship(remote_side="Everything.id")


FULL = {
    "small": 7,
    "number": Decimal("1.1000"),
    "rounded": 1.5,
    "double": 0.1,
    "flag": True,
    "words": ["two", "words"],
    "day": date(2024, 2, 29),
    "hour": time(23, 59, 59, 999999),
    "moment": datetime(2024, 2, 29, 12, 0, 0, 1, tzinfo=UTC),
    "naive": datetime(2024, 2, 29, 12, 0, 0, 1),  # noqa: DTZ001 - of a column without a time zone
    "span": timedelta(days=40, seconds=1.5),
    "data": b"\x00\xff",
    "pickled": {1, 2},
    "uuid": UUID(int=5),
    "uuid_text": str(UUID(int=6)),
    "json": {"a": [1, None, "ü"]},
    "jsonb": [{"b": 1.5}],
    "mutable": {"c": "d"},
    "colour": Colour.RED,
    "colour_text": Colour.BLUE,
    "colours": [Colour.BLUE, Colour.RED],
    "numbers": [1, 2],
    "table": [["a", "b"], ["c", "d"]],
    "address": IPv4Address("10.0.0.1"),
    "range": Range(1, 5),
    "renamed": "yes",
    "x": 3,
    "y": 4,
}


async def worked(lab, model, *, order_by=()):
    """The items that a plugin gets, by their keys."""
    items = {}

    async def process_item(item):
        items[item.id] = item

    workflow = Workflow(status=model.status, states=WORDS, order_by=order_by)
    summary = await lab.until_idle({"items": plugin_of(workflow, process_item)}, policies={"items": quick()})
    assert summary.faults == {}
    return items


def loaded(instance):
    """The state that the session or the engine gave to an instance."""
    hidden = {"_sa_instance_state", "status", "position"}
    return {name: value for name, value in vars(instance).items() if name not in hidden}


async def test_an_item_is_what_the_models_own_session_loads(lab):
    await lab.create(Base.metadata)
    by_column = {{"renamed": "called otherwise"}.get(name, name): value for name, value in FULL.items()}
    await lab.execute(insert(Everything.__table__), [{"id": 1, "status": "Queued", "parent_id": None, **by_column}])
    await lab.execute(insert(Everything.__table__), [{"id": 2, "status": "Queued", "parent_id": 1}])
    items = await worked(lab, Everything)
    async with AsyncSession(lab.engine) as session:
        rows = {row.id: row for row in await session.scalars(select(Everything))}
    for number in (1, 2):
        assert loaded(items[number]) == loaded(rows[number])
        for name, value in loaded(rows[number]).items():
            assert type(getattr(items[number], name)) is type(value), name
        assert items[number].position == rows[number].position
        assert items[number].status == "Processing"


async def test_an_item_is_detached_and_its_relations_say_so(lab):
    await lab.create(Base.metadata)
    await lab.execute(insert(Everything.__table__), [{"id": 1, "status": "Queued"}])
    [item] = (await worked(lab, Everything)).values()
    assert inspect(item).detached
    assert not inspect(item).modified
    with pytest.raises(DetachedInstanceError):
        _ = item.parent


class Document(Base):
    __tablename__ = "document"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "document"}  # noqa: RUF012 - as in any model
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    status: Mapped[str]
    length: Mapped[int | None] = mapped_column(default=None)
    longer: Mapped[int | None] = column_property(mapped_column("extra", Integer))

    @reconstructor
    def remember(self):
        self.reconstructed = True


class Sheet(Document):
    __mapper_args__ = {"polymorphic_identity": "sheet"}  # noqa: RUF012 - likewise
    columns: Mapped[int | None]


async def test_of_a_table_with_several_classes_each_item_is_of_its_own(lab):
    await lab.create(Base.metadata)
    rows = [{"id": 1, "kind": "document", "status": "Queued"}, {"id": 2, "kind": "sheet", "status": "Queued"}]
    await lab.execute(insert(Document.__table__), rows)
    items = await worked(lab, Document)
    assert {number: type(item) for number, item in items.items()} == {1: Document, 2: Sheet}


async def test_a_models_reconstructor_is_called_as_by_any_load(lab):
    await lab.create(Base.metadata)
    await lab.execute(insert(Document.__table__), [{"id": 1, "kind": "document", "status": "Queued"}])
    [item] = (await worked(lab, Document)).values()
    assert item.reconstructed


class Wide(Base):
    __tablename__ = "wide"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    body: Mapped[str | None] = mapped_column(Text, deferred=True)


async def test_a_deferred_column_says_that_it_is_not_there(lab):
    """It is never silently nothing."""
    await lab.create(Base.metadata)
    await lab.execute(insert(Wide.__table__), [{"id": 1, "status": "Queued", "body": "long"}])
    [item] = (await worked(lab, Wide)).values()
    assert inspect(item).unloaded <= {"body"}
    if "body" in inspect(item).unloaded:
        with pytest.raises(DetachedInstanceError):
            _ = item.body
    else:
        assert item.body == "long"
