"""I7: while a plugin does its slow work, no connection is in a transaction, runs a statement or is out of the pool."""

import threading

from lab.plugins import Stage, plugin_of, save_effect
from lab.tables import pages_workflow, quick
from sqlalchemy import text

BUSY = text(
    "select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' "
    "and pid <> pg_backend_pid() and (state <> 'idle' or xact_start is not null)"
)
LOCKS = text(
    "select count(*) from pg_locks join pg_database on pg_database.oid = pg_locks.database "
    "where datname = current_database() and pid <> pg_backend_pid()"
)
LISTENERS = 1  # the one that hears notifications keeps its connection, outside any transaction


async def assert_at_rest(lab, engine):
    """Wait for the end of what runs beside (a heartbeat, a sweep), then look at the server and at the pool."""

    async def at_rest():
        return not await lab.scalar(BUSY) and not await lab.scalar(LOCKS)

    await lab.eventually(at_rest)
    pool = engine._store.engine.pool  # noqa: SLF001 - what is checked out is known to the pool alone
    await lab.eventually(lambda: pool.checkedout() <= LISTENERS)


async def test_nothing_is_held_while_process_item_awaits(lab):
    stage = Stage()
    await lab.add_pages(*["ok"] * 30)
    policies = {"pages": quick(concurrency=30, batch_size=30)}
    plugin = plugin_of(pages_workflow(), stage.process_item, save_result=save_effect)
    async with lab.host({"pages": plugin}, policies=policies) as engine:
        await lab.eventually(lambda: len(stage.on_stage) == 30)
        await assert_at_rest(lab, engine)
        for item in list(stage.on_stage):
            stage.release(item, "ok")
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 30)


async def test_nothing_is_held_while_a_synchronous_process_item_works_in_its_thread(lab):
    go_on, working = threading.Event(), threading.Semaphore(0)

    def process_item(item):
        working.release()
        go_on.wait(60)
        return item.orders

    await lab.add_pages(*["ok"] * 5)
    plugin = plugin_of(pages_workflow(), process_item, save_result=save_effect)
    async with lab.host({"pages": plugin}, policies={"pages": quick()}) as engine:
        await lab.eventually(lambda: working._value == 5)  # noqa: SLF001 - a semaphore tells its value to nobody else
        await assert_at_rest(lab, engine)
        go_on.set()
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 5)


async def test_items_that_run_for_long_outnumber_the_connections(lab):
    """Were one held for each item, forty items could not run at once on three connections."""
    stage = Stage()
    await lab.add_pages(*["ok"] * 40)
    policies = {"pages": quick(concurrency=40, batch_size=40)}
    plugin = plugin_of(pages_workflow(), stage.process_item)
    async with lab.host({"pages": plugin}, policies=policies, database={"pool_size": 3}):
        await lab.eventually(lambda: len(stage.on_stage) == 40)
