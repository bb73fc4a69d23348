"""Contestant: the engine's own claim and settle statements, driven by bare asyncpg, with no plugin and no item objects.

One connection claims while another settles the batch before. Nothing that runs these statements could be much faster.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Self
from uuid import uuid4

import asyncpg
import uvloop
from signals import Order, wait_for_the_start
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from tables import MODELS, workflow

from curation_core._sql import claim, settle
from curation_core._sql.cursor import Cursor
from curation_core._sql.rows import Facts, Rows, named
from curation_core._store.connections import connect
from curation_core.ledger import Ledger
from curation_core.states import Role

WORKER = uuid4()
NOW = func.statement_timestamp()
LEDGER = Ledger()


class Statement:
    """One of the engine's statements as asyncpg takes it, prepared on one connection.

    Args:
        statement: What the engine's builder made.
        limit: What a claim holds as a literal.
    """

    def __init__(self, statement: Any, limit: int = 0) -> None:
        compiled = statement.compile(dialect=dialect.dialect())
        state = compiled.construct_expanded_state(dict(compiled.params) | named(limit=limit))
        self.text = state.statement
        self._names = state.positiontup

    async def prepare(self, connection: asyncpg.Connection) -> Self:
        self._prepared = await connection.prepare(self.text)
        return self

    async def fetch(self, **values: Any) -> list[asyncpg.Record]:
        given = named(**values)
        return await self._prepared.fetch(*(given[name] for name in self._names))


class Claimer:
    """Claims windows, each from where the last one ended."""

    def __init__(self, rows: Rows, batch: int) -> None:
        self._first = Statement(claim.claim_fresh(rows, LEDGER, NOW, Cursor()), batch)
        self._next = Statement(claim.claim_fresh(rows, LEDGER, NOW, Cursor(0, ("", ""))), batch)
        self._batch = batch
        self._after: dict[str, str] = {}

    async def prepare(self, connection: asyncpg.Connection) -> Self:
        await self._first.prepare(connection)
        await self._next.prepare(connection)
        return self

    async def claim(self) -> list[asyncpg.Record]:
        statement = self._next if self._after else self._first
        won = await statement.fetch(worker=WORKER, **self._after)
        if won:
            self._after = {"after_0": won[0]["last_0"], "after_1": won[0]["last_1"]}
        return won


class Finisher:
    """Settles batches, each in one transaction."""

    def __init__(self, rows: Rows) -> None:
        self._drop = Statement(settle.drop_if_held(rows, LEDGER))
        self._move = Statement(settle.move_if_processing(rows, Role.COMPLETED, with_error=False))
        self._record = Statement(settle.record(rows, LEDGER, NOW))

    async def prepare(self, connection: asyncpg.Connection) -> Self:
        self._connection = connection
        for statement in (self._drop, self._move, self._record):
            await statement.prepare(connection)
        return self

    async def settle(self, won: list[asyncpg.Record]) -> None:
        fences = {"item": [row["claim_item"] for row in won], "token": [row["claim_token"] for row in won]}
        async with self._connection.transaction():
            await self._drop.fetch(worker=WORKER, **fences)
            await self._move.fetch(item=fences["item"])
            await self._record.fetch(
                worker=WORKER,
                attempt=[row["claim_attempt"] for row in won],
                claimed_at=[row["claim_claimed_at"] for row in won],
                seconds=[0.0] * len(won),
                outcome=["done"] * len(won),
                reason=[""] * len(won),
                **fences,
            )


async def main(order: Order) -> None:
    # The driver's own connections, opened as the engine opens them: its settings, and no SQLAlchemy in between.
    engine = connect(order.url, lost_after=timedelta(seconds=15))
    opened = [await engine.raw_connection() for _ in range(2)]
    claiming, settling = (connection.driver_connection for connection in opened)
    model = MODELS[order.key]
    types = {column.name: column.type.compile(dialect.dialect()) for column in model.__table__.columns}
    rows = Rows("bench", workflow(model), Facts(types))
    claimer = await Claimer(rows, order.batch).prepare(claiming)
    finisher = await Finisher(rows).prepare(settling)
    wait_for_the_start()
    won = await claimer.claim()
    while won:
        _, won = await asyncio.gather(finisher.settle(won), claimer.claim())
    for connection in opened:
        connection.close()
    await engine.dispose()


uvloop.run(main(Order.read()))
