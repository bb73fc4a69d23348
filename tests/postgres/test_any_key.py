"""A row's primary key may be of any type, and made of any number of columns."""

import enum
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address
from uuid import UUID

import pytest
from lab.matrix import model_of, work_everything
from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Enum,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import CHAR, INET

TEXTS = [
    "plain",
    'a "quoted" word',
    "o'clock",
    "back\\slash\\",
    "žluťoučký kůň",
    "🦄 \u200d emoji",
    "line\nbreak\ttab",
    "[1]",
    "%s :name $1 {}",
    "",
    " ",
    "null",
    "e\u0301 is not é",
    "é",
]


class Region(enum.Enum):
    """Names and values differ, as they may."""

    EUROPE = "eu"
    ASIA = "as"
    AFRICA = "af"
    OCEANIA = "oc"
    NORTH = "na"
    SOUTH = "sa"
    POLES = "po"


START = datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC)
MOMENTS = [START + timedelta(days=37 * n, microseconds=n) for n in range(7)]

SINGLE = {
    "int": (Integer, [-(2**31), -1, 0, 1, 2, 3, 2**31 - 1]),
    "smallint": (SmallInteger, [-(2**15), -1, 0, 1, 2, 3, 2**15 - 1]),
    "bigint": (BigInteger, [-(2**63), -1, 0, 1, 2**53 + 1, 2**53, 2**63 - 1]),
    "uuid": (Uuid, [UUID(int=n * 2**100 + n) for n in range(7)]),
    "uuid as text": (Uuid(as_uuid=False), [str(UUID(int=n * 2**100 + n)) for n in range(7)]),
    "text": (Text, TEXTS),
    "text of another collation": (Text(collation="C"), TEXTS),
    "varchar": (String(40), TEXTS),
    "char": (CHAR(3), ["a  ", "abc", "ab ", "b  ", "c  ", "d  ", "e  "]),
    "numeric": (Numeric, [Decimal(n) for n in ("0", "1.10", "1.1000001", "-7", "1E+20", "0.000000000000000001", "9")]),
    "numeric with a scale": (Numeric(20, 2), [Decimal(n) for n in ("0.00", "1.10", "-7.00", "99.99", "2", "3", "4")]),
    "double precision": (Double, [0.1, 0.2, 0.1 + 0.2, 1e300, -1e-300, 5.0, 1 / 3]),
    "real": (REAL, [0.5, 0.25, 1.5, -2.0, 1024.0, 3.0, 4.0]),
    "timestamptz": (DateTime(timezone=True), MOMENTS),
    "timestamp": (DateTime(), [moment.replace(tzinfo=None) for moment in MOMENTS]),
    "date": (Date, [date(1, 1, 1), date(9999, 12, 31), *(date(2024, n, 29) for n in range(2, 7))]),
    "time": (Time, [time(hour, 59, 59, hour) for hour in range(7)]),
    "interval": (Interval, [timedelta(days=n, microseconds=n) for n in range(7)]),
    "bytea": (LargeBinary, [b"", b"\x00", b"\xff\\", b'"', b"abc", b"'", b"\n"]),
    "inet": (INET, [IPv4Address(n) for n in range(7)]),
    "native enum": (Enum(Region, name="region"), list(Region)),
    "native enum by value": (
        Enum(Region, name="region", values_callable=lambda regions: [region.value for region in regions]),
        list(Region),
    ),
}


@pytest.mark.parametrize("kind", SINGLE)
async def test_a_key_of_one_column_may_be_of_any_type(lab, kind):
    type_, keys = SINGLE[kind]
    model = model_of("thing", Column("key", type_, primary_key=True, autoincrement=False))
    await work_everything(lab, model, [{"key": key} for key in keys])


async def test_a_key_may_be_of_a_domain_that_the_model_does_not_know(lab):
    model = model_of("thing", Column("key", Integer, primary_key=True, autoincrement=False))
    await lab.create(model.metadata)
    await lab.execute(text('create domain "page number" as integer check (value >= 0)'))
    await lab.execute(text('alter table thing alter key type "page number"'))
    await work_everything(lab, model, [{"key": key} for key in range(7)])


COMPOSITE = {
    "text and int": {"region": (Text, ['e"u', "e'u", "\\", "ü", "x", "x", "x"]), "number": (Integer, range(7))},
    "timestamptz and int": {
        "at": (DateTime(timezone=True), [MOMENTS[0]] * 3 + MOMENTS[:4]),
        "number": (Integer, range(7)),
    },
    "three columns, one a truth value": {
        "kind": (Enum(Region, name="region"), list(Region)),
        "draft": (Boolean, [True, False, True, False, True, False, True]),
        "key": (Uuid, [UUID(int=5)] * 7),
    },
    "numeric and text": {"price": (Numeric, [Decimal("1.10")] * 7), "name": (Text, TEXTS[:7])},
    "texts that could be taken for each other": {
        "one": (Text, ['a","b', "a", 'a"', '"', "\\", '\\"', "["]),
        "two": (Text, ["c", 'b","c', '"c', '"', "\\\\", '"', "]"]),
    },
}


@pytest.mark.parametrize("kind", COMPOSITE)
async def test_a_key_may_be_made_of_several_columns(lab, kind):
    parts = COMPOSITE[kind]
    columns = [Column(name, type_, primary_key=True, autoincrement=False) for name, (type_, _) in parts.items()]
    rows = [
        dict(zip(parts, values, strict=True)) for values in zip(*(given for _, given in parts.values()), strict=True)
    ]
    await work_everything(lab, model_of("thing", *columns), rows)
