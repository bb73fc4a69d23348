"""pgqueuer, for comparison, under its own supervisor, which starts it again when it fails.

Its settings are brought as near to the engine's as they go: the same number at once in each host, a heartbeat that is
missed after the same time, a pool of connections, and its executor that tries again when the database was away. Its
promise is another one: a job runs at least once. What a job writes is not in one transaction with its end, so an effect
can be there twice; that is counted and is no defect.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pgqueuer import AsyncpgDriver, Queries
from sqlalchemy import func, insert, select, text

from havoc.contestant import Remains
from havoc.server import Database
from havoc.tables import Queueing

ENTRYPOINT = "chaos"
AT_ONCE = 1000

QUEUED = text("select count(*) from pgqueuer where status = 'queued'")
LEFT = text("select count(*) from pgqueuer")
PICKED = text("select count(*) from pgqueuer where status = 'picked'")
EXCEPTION = text("select count(*) from pgqueuer_log where status = 'exception'")
PICKED_AGAIN = text("select coalesce(sum(attempts), 0) from pgqueuer")
HOLDING = text(
    "select convert_from(payload, 'utf8')::bigint, pid from pgqueuer "
    "join peer_process on manager = queue_manager_id where status = 'picked'"
)


class Peer:
    """See `havoc.contestant.Contestant`."""

    name = "pgqueuer"

    async def install(self, database: Database) -> None:
        async with database.session() as connection:
            queries = Queries(AsyncpgDriver(connection))
            if await queries.schema_is_installed():
                await queries.uninstall()
            await queries.install()
            await connection.execute("drop table if exists peer_process")
            await connection.execute("create table peer_process (manager uuid primary key, pid int not null)")

    async def queue(self, database: Database, items: int) -> None:
        number = func.generate_series(1, items).column_valued("number")
        noted = insert(Queueing).from_select(["overruled"], select(number < 0)).returning(Queueing.id)
        async with database.session() as connection, database.transaction() as transaction:
            payloads = [str(queueing).encode() for (queueing,) in await transaction.execute(noted)]
            # The jobs first, then the note of them: what is noted was given to the queue.
            await Queries(AsyncpgDriver(connection)).enqueue([ENTRYPOINT] * items, payloads, [0] * items)

    async def queued(self, database: Database) -> int:
        return int(await database.one(QUEUED))

    async def holding(self, database: Database) -> list[tuple[int, int]]:
        return [(queueing, pid) for queueing, pid in await database.all(HOLDING)]

    async def idle(self, database: Database) -> bool:
        return not await database.one(LEFT)

    async def remains(self, database: Database) -> Remains:
        charged = await database.one(PICKED_AGAIN) + await database.one(EXCEPTION)
        return Remains(zombies=await database.one(PICKED), given_up=set(), charged=charged)

    def command(self, url: str, folder: Path, calls: Path) -> Sequence[str]:
        return [sys.executable, "-m", "havoc.peer_host", url, str(calls)]
