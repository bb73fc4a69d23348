"""What every workflow must bear, on the ERP's own table: its codes, its two-column key, its trigger."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import select

from curation_core.testing import conformance_suite
from erp import ERP
from freight import Freight, OrderLine


async def charges(session):
    return [(row.order_no, row.line_no, row.cents) for row in await session.scalars(select(Freight))]


TestFreight = conformance_suite(
    "freight",
    plugin="freight",
    tables=ERP,
    make_item=lambda n: OrderLine(order_no=7000 + n // 3, line_no=n % 3, article="ROPE-10M", quantity=n, weight_g=900),
    effects=charges,
)
