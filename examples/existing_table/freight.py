"""An order line that the ERP has released gets its freight charge."""

from enum import IntEnum

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import Fail, Skip, States, Workflow, hookimpl

CENTS_PER_KILOGRAM = 180


class Code(IntEnum):
    """What the ERP calls the steps of a line. It has more; these five are ours."""

    RELEASED = 20
    AT_CARRIER = 25
    CHARGED = 30
    NOTHING_TO_SHIP = 35
    REFUSED = 91


class Base(DeclarativeBase):
    """Maps what the plugin reads and writes."""


class OrderLine(Base):
    """The ERP's table: the key, the status, and what is read. Its other columns need not be known."""

    __tablename__ = "order_lines"
    __table_args__ = ({"schema": "erp"},)
    order_no: Mapped[int] = mapped_column(primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    article: Mapped[str]
    quantity: Mapped[int]
    weight_g: Mapped[int | None]
    status: Mapped[int]
    remark: Mapped[str | None]


class Freight(Base):
    """The plugin's own table, since the ERP's has no column for a charge. No foreign key: it would alter the ERP's."""

    __tablename__ = "freight"
    order_no: Mapped[int] = mapped_column(primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    cents: Mapped[int]


@hookimpl
def declare_workflow() -> Workflow:
    """Which column is worked, and by which codes."""
    codes = States(
        queued=Code.RELEASED,
        processing=Code.AT_CARRIER,
        completed=Code.CHARGED,
        skipped=Code.NOTHING_TO_SHIP,
        failed=Code.REFUSED,
    )
    return Workflow(status=OrderLine.status, error=OrderLine.remark, states=codes, owns=[Freight])


@hookimpl
def process_item(item: OrderLine) -> int | Skip | Fail:
    """Stands for a question to the carrier."""
    if not item.quantity:
        return Skip("the line was cancelled")
    if item.weight_g is None:
        return Fail(f"article {item.article} has no weight")
    return -(-item.quantity * item.weight_g * CENTS_PER_KILOGRAM // 1000)


@hookimpl
async def save_result(session: AsyncSession, item: OrderLine, result: int) -> None:
    """The charge, committed together with the status; a line that is worked again gets its new charge."""
    key = {"order_no": item.order_no, "line_no": item.line_no}
    charge = insert(Freight).values(**key, cents=result)
    await session.execute(charge.on_conflict_do_update(index_elements=key, set_={"cents": result}))
