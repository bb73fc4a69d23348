"""Measure how long a claim of fresh rows takes, and whether it takes longer with more rows in the queue.

Each situation is a database of its own, and a transaction that holds back the xmin horizon does so in its database
only; so the situations can be measured claim by claim in turn, and whatever else the machine does meets all of them.
What is claimed is settled at once, untimed, and so leaves behind what a running engine leaves behind.

Usage: claim_latency.py URL SMALL LARGE. Prints the seconds of every timed claim as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import uuid4

import database
import uvloop
from ours import NAME, noop_bigint
from sqlalchemy import func, insert, literal, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection
from tables import Key, Page, workflow

from curation_core import Policy, _judge
from curation_core._binding import fit
from curation_core._sql.cursor import Cursor
from curation_core._sql.rows import Rows
from curation_core._store import Store
from curation_core._store.claiming import Limits
from curation_core.host import Host
from curation_core.settings import DatabaseSettings, Settings

BATCH = 10
WARM_UP, TIMED = 100, 800
WAITING = 10_000
DONE_BEFORE = 20_000
"""Rows worked before the first timed claim where xmin is held back: their dead entries stay."""

POLICY = Policy(batch_size=BATCH)
ROWS = Rows(NAME, workflow(Page))
CREATE = {
    "small": text("create database small template template0"),
    "large": text("create database large template template0"),
    "waiting": text("create database waiting template large strategy file_copy"),
    "pinned": text("create database pinned template large strategy file_copy"),
}


class Situation:
    """One database and the claims made in it.

    Args:
        url: Where.
    """

    def __init__(self, url: str) -> None:
        self.seconds: list[float] = []
        self._store = Store(url, DatabaseSettings())
        self._worker = uuid4()
        self._cursor = Cursor()

    async def open(self, *, past: int = 0) -> None:
        """Connect, and go past rows that can't be claimed.

        Args:
            past: How many there are at the head of the order.
        """
        host = Host()
        host.register(noop_bigint, NAME)
        fitted = (await fit(self._store, host.workflows, Settings(policies={NAME: POLICY})))[0][NAME]
        self._claims = self._store.claims(fitted.rows, self._worker, Limits())
        self._settling = fitted.settling
        for _ in range(past // BATCH):
            await self.claim_and_settle()

    async def claim_and_settle(self) -> float:
        """Claim a batch and settle it. Returns how long the claim took."""
        started = time.perf_counter()
        window = await self._claims.fresh(BATCH, self._cursor)
        seconds = time.perf_counter() - started
        self._cursor = window.cursor or Cursor()
        if window.claims:
            await self._settling.settle(self._worker, [_judge.judge(claim, None, POLICY) for claim in window.claims])
        return seconds

    async def measure(self) -> None:
        """Note how long a claim takes."""
        self.seconds.append(await self.claim_and_settle())

    async def close(self) -> None:
        await self._store.close()


async def make_databases(urls: dict[str, str], small: int, large: int) -> None:
    """Fill the databases; the large one is filled once, and copied."""
    async with database.connect(urls["template1"]).connect() as connection:
        await connection.execute(CREATE["small"])
        await connection.execute(CREATE["large"])
        await database.fill(urls["small"], Key.BIGINT, small)
        await database.fill(urls["large"], Key.BIGINT, large)
        await connection.execute(CREATE["waiting"])
        await connection.execute(CREATE["pinned"])


async def let_wait(url: str) -> None:
    """Let the first rows of the order wait for a retry that is not due today."""
    store = Store(url, DatabaseSettings())
    claim = store.ledger.claim
    first = select(Page.id).order_by(Page.updated_at, Page.id).limit(WAITING).subquery()
    async with store.engine.begin() as connection:
        token = store.ledger.token.next_value()
        values = select(
            literal(NAME), ROWS.item(first), token, token, literal(1), func.now(), func.now() + timedelta(days=1)
        )
        columns = ["workflow", "item", "token", "queueing", "attempt", "claimed_at", "retry_at"]
        await connection.execute(insert(claim).from_select(columns, values))
    await store.close()


async def hold_back_xmin(connection: AsyncConnection) -> None:
    """Take a snapshot that lives as long as the connection."""
    await connection.execution_options(isolation_level="REPEATABLE READ")
    await connection.execute(select(func.count()).select_from(text("curation.claim")))


async def main(url: str, small: int, large: int) -> None:
    urls = {
        name: make_url(url).set(database=name).render_as_string(hide_password=False) for name in ("template1", *CREATE)
    }
    await make_databases(urls, small, large)
    await let_wait(urls["waiting"])
    situations = {name: Situation(urls[name]) for name in CREATE}
    async with AsyncExitStack() as stack:
        await hold_back_xmin(await stack.enter_async_context(database.connect(urls["pinned"]).connect()))
        for name, situation in situations.items():
            stack.push_async_callback(situation.close)
            await situation.open(past={"waiting": WAITING, "pinned": DONE_BEFORE}.get(name, 0))
        for _ in range(WARM_UP):
            for situation in situations.values():
                await situation.claim_and_settle()
        for _ in range(TIMED):
            for situation in situations.values():
                await situation.measure()
    names = {"small": f"{small}", "large": f"{large}", "waiting": f"{large}_waiting", "pinned": f"{large}_pinned_xmin"}
    print(json.dumps({names[name]: situation.seconds for name, situation in situations.items()}))


uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
