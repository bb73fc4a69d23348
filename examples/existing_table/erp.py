"""The ERP, as far as this example needs one: its table, which is not ours to alter, and a few orders."""

import asyncio
import os

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    event,
    func,
    insert,
    make_url,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine

from curation_core import EmbeddedPostgres

ERP = MetaData(schema="erp")
LINES = Table(
    "order_lines",
    ERP,
    Column("order_no", Integer, primary_key=True),
    Column("line_no", SmallInteger, primary_key=True),
    Column("article", String(20), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("weight_g", Integer),
    Column("warehouse", SmallInteger, nullable=False, server_default="1"),
    Column("entered_on", Date, nullable=False, server_default=func.current_date()),
    Column("status", SmallInteger, nullable=False),
    Column("remark", String(40)),
    CheckConstraint("status IN (10, 20, 25, 30, 35, 40, 91)", name="status_is_known"),
)
JOURNAL = Table(
    "journal",
    ERP,
    Column("entry", Integer, Identity(), primary_key=True),
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
)
TRIGGERS = (
    """CREATE FUNCTION erp.note_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF OLD.status = 40 THEN RAISE 'line % of order % is invoiced', OLD.line_no, OLD.order_no; END IF;
        INSERT INTO erp.journal (before, after) VALUES (to_jsonb(OLD), to_jsonb(NEW));
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER note_change BEFORE UPDATE ON erp.order_lines
        FOR EACH ROW EXECUTE FUNCTION erp.note_change()""",
)
event.listen(ERP, "before_create", DDL("CREATE SCHEMA erp"))
for trigger in TRIGGERS:
    event.listen(ERP, "after_create", DDL(trigger.replace("%", "%%")))

ENTERED, RELEASED, INVOICED = 10, 20, 40
ORDERS = [
    {"order_no": 7001, "line_no": 1, "article": "ANVIL-50", "quantity": 2, "weight_g": 50_000, "status": RELEASED},
    {"order_no": 7001, "line_no": 2, "article": "ROPE-10M", "quantity": 0, "weight_g": 900, "status": RELEASED},
    {"order_no": 7002, "line_no": 1, "article": "MAGNET-XL", "quantity": 1, "weight_g": None, "status": RELEASED},
    {"order_no": 7002, "line_no": 2, "article": "ROPE-10M", "quantity": 3, "weight_g": 900, "status": ENTERED},
    {"order_no": 6990, "line_no": 1, "article": "ROPE-10M", "quantity": 1, "weight_g": 900, "status": INVOICED},
]


async def make(url: str) -> None:
    """Make the table and its rows."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.run_sync(ERP.create_all)
        await connection.execute(insert(LINES), ORDERS)
    await engine.dispose()


if __name__ == "__main__":
    if configured := os.environ.get("CURATION_DATABASE_URL"):
        asyncio.run(make(configured))
    else:
        with EmbeddedPostgres.kept() as server:
            asyncio.run(make(server.url))
