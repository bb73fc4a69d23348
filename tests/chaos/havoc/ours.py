"""The engine: `curation run` as operators start it, with the plugin in ``havoc.workflow``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import func, or_, select, text

from curation_core.ledger import Ledger, migrate
from havoc.contestant import CONCURRENCY, LOST_AFTER, WORK, Remains
from havoc.server import Database
from havoc.tables import STATES, Page, Queueing, queue_new
from havoc.workflow import NAME

CONFIGURATION = f"""\
[host]
lost_after = "{LOST_AFTER}s"
sweep_every = "0.5s"
drain_timeout = "5s"

[plugins]
allow = ["{NAME}"]

[database]
pool_size = 5

[log]
level = "warning"
format = "text"

[workflows.{NAME}]
every = "1s"
batch_size = {CONCURRENCY}
concurrency = {CONCURRENCY}
timeout = "20s"
max_attempts = 20
backoff = ["0.1s"]

[workflows.{NAME}.settings]
work = {WORK}
"""

MAX_LOST = 3
CHARGED = ("lost", "retry", "failed")
LEDGER = Ledger()


class Ours:
    """See `havoc.contestant.Contestant`."""

    name = "curation"

    async def install(self, database: Database) -> None:
        async with database.transaction() as connection:
            await connection.execute(text("drop schema if exists curation cascade"))
        await migrate.upgrade(database.engine)

    async def queue(self, database: Database, items: int) -> None:
        await database.all(queue_new(items))

    async def queued(self, database: Database) -> int:
        return int(await database.one(select(func.count()).where(Page.status == STATES.queued)))

    async def holding(self, database: Database) -> list[tuple[int, int]]:
        claim, worker = LEDGER.claim, LEDGER.worker
        held = (
            select(Page.queueing, worker.c.pid)
            .join(claim, func.concat("[", Page.id, "]") == claim.c.item)
            .join(worker, worker.c.id == claim.c.worker)
        )
        return [(queueing, pid) for queueing, pid in await database.all(held)]

    async def idle(self, database: Database) -> bool:
        page = select(Page.id).where(Page.status.in_([STATES.queued, STATES.processing])).limit(1)
        claim = select(LEDGER.claim.c.token).limit(1)
        return not (await database.all(page) or await database.all(claim))

    async def remains(self, database: Database) -> Remains:
        claim, attempt = LEDGER.claim.c, LEDGER.attempt.c
        astray = (
            select(func.count())
            .select_from(LEDGER.claim)
            .outerjoin(Page, func.concat("[", Page.id, "]") == claim.item)
            .where(claim.workflow == NAME, claim.worker.is_not(None))
            .where(or_(Page.id.is_(None), Page.status != STATES.processing))
        )
        processing = await database.one(select(func.count()).where(Page.status == STATES.processing))
        return Remains(
            zombies=processing + await database.one(astray),
            given_up=await self._given_up(database),
            charged=await database.one(select(func.count()).where(attempt.outcome.in_(CHARGED))),
        )

    async def _given_up(self, database: Database) -> set[int]:
        """A row that was lost with its worker three times fails: it may be what kills them. The history tells."""
        attempt = LEDGER.attempt.c
        ruled = (
            select(Page.queueing)
            .join(Queueing, Queueing.id == Page.queueing)
            .join(LEDGER.attempt, attempt.item == func.concat("[", Page.id, "]"))
            .where(Page.status == STATES.failed, attempt.outcome == "lost", attempt.claimed_at >= Queueing.at)
            .group_by(Page.queueing)
            .having(func.count() >= MAX_LOST)
        )
        return {queueing for (queueing,) in await database.all(ruled)}

    def command(self, url: str, folder: Path, calls: Path) -> Sequence[str]:
        configuration = folder / "curation.toml"
        configuration.write_text(f'{CONFIGURATION}calls = "{calls}"\n')
        options = [f"--plugin={NAME}=havoc.workflow", f"--workflow={NAME}", f"--config={configuration}"]
        return [sys.executable, "-m", "curation_core", "run", *options, f"--database={url}", "--parent-pipe"]
