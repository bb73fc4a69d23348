"""Workflows that share a table, settles that meet in each other's way, and people with open transactions."""

import asyncio
from collections import Counter

from lab.matrix import model_of
from lab.plugins import Stage, plugin_of, save_effect
from lab.tables import WORDS, Contact, Effect, Page, pages_workflow, quick
from sqlalchemy import Column, Integer, Text, func, insert, select, text, update

from curation_core import Workflow

BLOCKED = text("select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and query like :query")


SOONER_THAN_THE_LOCK_TIMEOUT = text(
    "do $$ begin execute format('alter database %I set deadlock_timeout = ''100ms''', current_database()); end $$"
)


async def test_a_deadlock_is_settled_again_with_the_results_kept(lab, caplog):
    """I9 as well: the settle holds the page and wants the contact, a person the other way round."""
    calls, stage = Counter(), Stage()

    async def process_item(item, attempt):
        calls[item.id] += 1
        return await stage.process_item(item, attempt)

    async def save_result(session, item, result):
        await session.execute(update(Contact).where(Contact.id == 1).values(error=result))
        await save_effect(session, item, result)

    await lab.execute(SOONER_THAN_THE_LOCK_TIMEOUT)
    await lab.add_pages("ok")
    await lab.execute(insert(Contact).values(id=1))
    plugin = plugin_of(pages_workflow(), process_item, save_result=save_result)
    async with lab.host({"pages": plugin}, policies={"pages": quick(max_attempts=1)}) as engine:
        await stage.arrival("[1]")
        async with lab.transaction() as person:
            await person.execute(text("set local deadlock_timeout = '1min'"))
            await person.execute(update(Contact).where(Contact.id == 1).values(error="a person's"))
            stage.release("[1]", "paid for")
            await lab.eventually(lambda: lab.scalar(BLOCKED, {"query": "UPDATE contact%"}))
            await person.execute(update(Page).where(Page.id == 1).values(curation="still Selected"))
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 1)
    assert calls == Counter([1])
    assert await lab.all(select(Contact.error)) == [("paid for",)]
    assert await lab.outcomes() == ["done"]
    assert "DeadlockDetectedError" in caplog.text


async def test_two_workflows_work_two_status_columns_of_the_same_rows_at_the_same_time(lab):
    model = model_of("thing", Column("id", Integer, primary_key=True), Column("state", Text), Column("trouble", Text))
    await lab.create(model.metadata)
    rows = [{"id": number, "status": "Queued", "state": "Queued"} for number in range(1, 201)]
    await lab.execute(insert(model.__table__), rows)
    calls = {"one": Counter(), "two": Counter()}

    def plugin(name, workflow):
        async def process_item(item):
            calls[name][item.id] += 1
            await asyncio.sleep(0)
            if item.id % 10 == 0:
                raise ValueError(name)

        return plugin_of(workflow, process_item)

    plugins = {
        "one": plugin("one", Workflow(status=model.status, error=model.error, states=WORDS)),
        "two": plugin("two", Workflow(status=model.state, error=model.trouble, states=WORDS)),
    }
    policies = dict.fromkeys(plugins, quick(max_attempts=2, batch_size=20, concurrency=40))
    async with lab.host(plugins, policies=policies):
        await lab.until_idle(plugins, policies=policies)
    of_both = select(model.status, model.error, model.state, model.trouble, func.count())
    found = await lab.all(of_both.group_by(model.status, model.error, model.state, model.trouble))
    told = "gave up after 2 attempts: ValueError: "
    assert set(found) == {
        ("Completed", None, "Completed", None, 180),
        ("Error", f"{told}one", "Error", f"{told}two", 20),
    }
    for counted in calls.values():
        assert counted == Counter([*range(1, 201), *range(10, 201, 10)])


async def test_settles_that_write_the_same_rows_in_opposite_orders_all_come_through(lab):
    """Deadlocks between settles of two hosts are bound to happen here, and each is retried."""
    await lab.execute(insert(Contact), [{"id": number} for number in (1, 2)])

    async def process_item(item):
        await asyncio.sleep(0)
        return item.id

    async def save_result(session, item, result):
        first, second = (1, 2) if item.id % 2 else (2, 1)
        for number in (first, second):
            await session.execute(update(Contact).where(Contact.id == number).values(error=Contact.error + "x"))
            await asyncio.sleep(0)
        session.add(Effect(page_id=item.id))

    await lab.execute(update(Contact).values(error=""))
    await lab.add_pages(*["ok"] * 60)
    plugins = {"pages": plugin_of(pages_workflow(), process_item, save_result=save_result)}
    policies = {"pages": quick(max_attempts=1, batch_size=2, concurrency=4)}
    async with lab.host(plugins, policies=policies), lab.host(plugins, policies=policies):
        await lab.until_idle(plugins, policies=policies)
    assert await lab.statuses() == {"Completed": 60}
    assert await lab.all(select(func.length(Contact.error))) == [(60,), (60,)]


async def test_a_person_who_keeps_a_row_locked_delays_its_settle_and_not_those_of_others(lab):
    stage = Stage()
    await lab.add_pages("ok", "ok", "ok")
    plugin = plugin_of(pages_workflow(), stage.process_item, save_result=save_effect)
    policies = {"pages": quick(concurrency=3, every=0.1)}
    async with lab.host({"pages": plugin}, policies=policies) as engine:
        await stage.arrival("[1]", "[2]", "[3]")
        async with lab.transaction() as person:
            await person.execute(text("select from page where id = 1 for update"))
            stage.release("[1]", "late")
            await lab.eventually(lambda: lab.scalar(BLOCKED, {"query": "%UPDATE page%"}))
            stage.release("[2]", "in time")
            stage.release("[3]", "in time")
            await lab.eventually(lambda: engine.counts["pages"].get("done") == 2)
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 3)
