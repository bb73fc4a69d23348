"""I4: rows in processing that nothing has a claim on, and the engine's tables dropped under a running host."""

from contextlib import suppress
from datetime import timedelta

from lab.plugins import Stage, plugin_of, return_orders, save_effect
from lab.tables import Page, pages_workflow, quick
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from curation_core._sql.rows import Rows
from curation_core.ledger import migrate

BRIEF = {"lost_after": 2, "heartbeat_every": 0.2}
LOST_AFTER = timedelta(seconds=15)


async def adopted(lab, reason="an older system left it"):
    """Queue all orphans. Returns how many there were, counted before and found."""
    store = lab.store()
    try:
        workflow = pages_workflow()
        facts = (await store.describe(workflow.table)).as_facts()
        rows = Rows("pages", workflow, facts)
        upkeep = store.upkeep(LOST_AFTER)
        return await upkeep.count_orphans(rows), await upkeep.adopt_orphans(rows, reason)
    finally:
        await store.close()


async def test_rows_that_an_older_system_left_are_queued_and_worked_from_their_first_attempt(lab):
    await lab.add_pages("ok", "ok", status="Processing")
    await lab.add_pages("ok", status="Completed")
    assert await adopted(lab) == (2, 2)
    assert await lab.statuses() == {"Queued": 2, "Completed": 1}
    assert (await lab.page(1)).error == "an older system left it"
    await lab.until_idle({"pages": plugin_of(pages_workflow(), return_orders)}, policies={"pages": quick()})
    assert await lab.statuses() == {"Completed": 3}
    assert [(row.outcome, row.attempt) for row in await lab.history("[1]")] == [("orphaned", 0), ("done", 1)]
    assert await adopted(lab) == (0, 0)


async def test_more_orphans_than_one_transaction_takes_are_all_queued(lab):
    await lab.execute(text("insert into page (status) select 'Processing' from generate_series(1, 2300)"))
    assert await adopted(lab) == (2300, 2300)
    assert await lab.statuses() == {"Queued": 2300}


async def test_what_a_worker_holds_is_no_orphan(lab):
    stage = Stage()
    await lab.add_pages("ok")
    async with lab.host({"pages": plugin_of(pages_workflow(), stage.process_item)}, policies={"pages": quick()}):
        await stage.arrival("[1]")
        assert await adopted(lab) == (0, 0)
        stage.release("[1]")
        await lab.eventually(lambda: lab.scalar(select(Page.status == "Completed")))


async def test_an_orphan_that_is_claimed_while_it_is_adopted_stays_with_its_worker(lab):
    """The orphan is seen before somebody queues it and a worker claims it; the insert is the test."""
    await lab.add_pages("ok", status="Processing")
    stage = Stage()
    async with lab.transaction() as person:
        await person.execute(update(Page).values(status="Queued"))
        assert await adopted(lab) == (1, 0), "it is locked, and left alone"
    async with lab.host({"pages": plugin_of(pages_workflow(), stage.process_item)}, policies={"pages": quick()}):
        await stage.arrival("[1]")
        assert await adopted(lab) == (0, 0)
        stage.release("[1]")
        await lab.eventually(lambda: lab.scalar(select(Page.status == "Completed")))


async def remade(lab):
    """Drop the engine's schema and make it anew, in two transactions, as a person would."""
    while await lab.scalar(text("select to_regnamespace('curation') is not null")):
        with suppress(DBAPIError):  # a deadlock with what the host does at that moment: a person tries again
            await lab.execute(text("drop schema curation cascade"))
    await migrate.upgrade(lab.engine)


async def test_the_engines_schema_is_made_anew_while_an_item_runs_and_no_row_stays_behind(lab):
    """I3 as well: the result that comes later changes nothing, and its row is worked again."""
    stage = Stage()
    await lab.add_pages("ok", "ok")
    plugin = plugin_of(pages_workflow(), stage.process_item, save_result=save_effect)
    async with lab.host({"pages": plugin}, policies={"pages": quick(every=0.2)}, host=BRIEF):
        await stage.arrival("[1]", "[2]")
        before = keys_on(stage)
        await remade(lab)
        stage.release("[1]", "of before")
        await lab.eventually(lambda: anew(stage, before))
        assert await lab.scalar(text("select count(*) = 0 from effect"))
        await lab.eventually(lambda: both_completed(lab, stage, before))
    assert await lab.all(text("select distinct result from effect")) == [("of after",)]


async def anew(stage, before):
    """The items on stage under new claims. One that was lost twice comes on alone, when the other has gone."""
    return [item for item, key in keys_on(stage).items() if key not in before.values()]


async def both_completed(lab, stage, before):
    for item in await anew(stage, before):
        stage.release(item, "of after")
    return await lab.scalar(text("select count(*) = 2 from page where status = 'Completed'"))


def keys_on(stage):
    return {item: attempt.idempotency_key for item, (attempt, _) in stage.on_stage.items()}


async def test_a_settle_waits_for_engines_tables_that_are_gone(lab):
    stage = Stage()
    await lab.add_pages("ok")
    plugin = plugin_of(pages_workflow(), stage.process_item, save_result=save_effect)
    async with lab.host({"pages": plugin}, policies={"pages": quick()}) as engine:
        await stage.arrival("[1]")
        await lab.execute(text("alter schema curation rename to elsewhere"))
        stage.release("[1]", "kept")
        await lab.eventually(lambda: lab.scalar(text("select count(*) > 0 from pg_stat_activity")))
        await lab.execute(text("alter schema elsewhere rename to curation"))
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 1)
    assert await lab.all(text("select result from effect")) == [("kept",)]


REFUSE = text(
    "create function refuse() returns trigger language plpgsql as $$ begin "
    "raise exception 'no way back to %', new.status; end $$"
)
ON_QUEUEING = text(
    "create trigger refuse before update on page for each row when (new.status = 'Queued') execute function refuse()"
)


async def test_a_table_that_refuses_the_way_back_of_one_row_leaves_the_settles_of_the_others_as_they_are(lab, caplog):
    stage = Stage()
    await lab.add_pages("ok", "ok")
    plugin = plugin_of(pages_workflow(), stage.process_item, save_result=save_effect)
    async with lab.host({"pages": plugin}, policies={"pages": quick()}) as engine:
        await stage.arrival("[1]", "[2]")
        await lab.execute(REFUSE)
        await lab.execute(ON_QUEUEING)
        await lab.execute(text("delete from curation.claim where item = '[1]'"))
        stage.release("[1]", "lost")
        stage.release("[2]", "kept")
        await lab.eventually(lambda: len(caplog.records) and "no way back to Queued" in caplog.text)
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 1)
    assert engine.counts["pages"] == {"done": 1, "lost": 1}
    assert await lab.all(text("select result from effect")) == [("kept",)]
    assert await lab.statuses() == {"Processing": 1, "Completed": 1}
    assert "curation rescue --orphans" in caplog.text
