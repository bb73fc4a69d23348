"""I4: every row in Processing has a live claim, or is claimable again once its worker was silent for `lost_after`."""

import signal

import pytest
from lab.plugins import plugin_of, return_orders, save_effect
from lab.tables import Contact, Page, contacts_workflow, pages_workflow, quick
from sqlalchemy import func, insert, select, text, update

HELD = {"policy": {"concurrency": 20, "batch_size": 20}}


@pytest.fixture
def page_plugin():
    return plugin_of(pages_workflow(), return_orders, save_result=save_effect)


async def stranded(lab):
    """Rows in Processing without a live claim."""
    live = select(lab.ledger.claim.c.item).where(lab.ledger.claim.c.worker.is_not(None))
    item = func.concat("[", Page.id, "]")
    return await lab.scalar(select(func.count()).where(Page.status == "Processing", item.not_in(live)))


async def test_a_killed_workers_rows_are_worked_by_another_once_it_was_silent_for_long_enough(lab, page_plugin):
    await lab.make_clock()
    await lab.add_pages(*["hold"] * 5)
    doomed = await lab.start(**HELD)
    await doomed.said("started", times=5)
    await doomed.kill()
    assert await lab.statuses() == {"Processing": 5}
    await lab.execute(update(Page).values(orders="ok"))

    await lab.move_clock(seconds=14)
    async with lab.host({"pages": page_plugin}, policies={"pages": quick()}) as engine:
        await lab.eventually(
            lambda: lab.scalar(text("select count(*) > 0 from pg_stat_activity where query like '%claim%'"))
        )
        assert await lab.statuses() == {"Processing": 5}, "not yet: it might only be slow"
        assert not engine.counts.get("pages")
    await lab.move_clock(seconds=16)
    await lab.until_idle({"pages": page_plugin}, policies={"pages": quick()})

    assert await lab.statuses() == {"Completed": 5}
    assert sorted(await lab.outcomes()) == ["done"] * 5 + ["lost"] * 5
    [reason] = {row.reason.split(" was silent")[0] for row in await lab.history() if row.outcome == "lost"}
    assert reason.endswith(f":{doomed.pid}"), "the history says who died"
    assert await lab.scalar(select(func.count()).select_from(lab.ledger.worker)) == 0, "and nobody is left in the list"


async def test_a_worker_that_is_killed_while_others_live_is_taken_back_by_them(lab):
    await lab.add_pages("hold", "hold")
    doomed = await lab.start(policy={"concurrency": 2})
    await doomed.said("started", times=2)
    survivor = await lab.start()
    await lab.eventually(lambda: lab.scalar(text("select count(*) = 2 from curation.worker")))
    await lab.execute(update(Page).values(orders="ok"))
    await doomed.kill()
    aged = text("update curation.worker set heartbeat_at = heartbeat_at - interval '1 hour' where pid = :pid")
    await lab.execute(aged, {"pid": doomed.pid})
    await survivor.said("rescued [1] retry")
    await survivor.said("settled [1] done")
    await survivor.said("settled [2] done")
    await lab.eventually(lambda: lab.scalar(text("select count(*) = 1 from curation.worker")))


async def test_claims_of_a_worker_that_is_not_in_the_list_at_all_are_taken_back(lab, page_plugin):
    await lab.add_pages("hold")
    doomed = await lab.start()
    await doomed.said("started [1]")
    await doomed.kill()
    await lab.execute(text("truncate curation.worker"))
    await lab.execute(update(Page).values(orders="ok"))
    await lab.until_idle({"pages": page_plugin}, policies={"pages": quick()})
    assert await lab.statuses() == {"Completed": 1}
    assert "is gone from the list of workers" in (await lab.history("[1]"))[0].reason


async def test_a_frozen_worker_comes_back_under_a_new_id_and_its_late_result_changes_nothing(lab, page_plugin):
    """I3 as well, with a real process that is stopped and continued."""
    await lab.add_pages("hold")
    frozen = await lab.start(host={"lost_after": 2})
    await frozen.said("started [1] 1")
    before = (await lab.all(select(lab.ledger.worker.c.id)))[0].id
    frozen.send(signal.SIGSTOP)
    await lab.silence_workers()
    await lab.set_page(1, orders="by another")
    await lab.until_idle({"pages": page_plugin}, policies={"pages": quick()}, host={"lost_after": 2})
    assert (await lab.page(1)).status == "Completed"
    settled = await lab.history()
    frozen.tell("release [1]")
    frozen.send(signal.SIGCONT)
    await lab.eventually(lambda: lab.scalar(select(lab.ledger.worker.c.id != before)))
    assert await lab.history() == settled
    assert await lab.all(text("select page_id, result from effect")) == [(1, "by another")]
    await lab.add_pages("ok")
    await frozen.said("settled [2] done")


async def test_one_workflows_broken_table_does_not_keep_anothers_rows_from_being_taken_back(lab, page_plugin):
    """I8 as well: the sweep goes from workflow to workflow."""
    await lab.add_pages("hold")
    doomed = await lab.start()
    await doomed.said("started [1]")
    await doomed.kill()
    await lab.set_page(1, orders="ok")

    async def never_called(item):
        raise AssertionError

    plugins = {"a-contacts": plugin_of(contacts_workflow(), never_called), "pages": page_plugin}
    async with lab.host(plugins, policies=dict.fromkeys(plugins, quick())):
        await lab.eventually(lambda: lab.scalar(text("select count(*) = 2 from curation.worker")))
        await lab.execute(text("alter table contact rename to gone"))
        aged = text("update curation.worker set heartbeat_at = heartbeat_at - interval '1 hour' where pid = :pid")
        await lab.execute(aged, {"pid": doomed.pid})
        await lab.eventually(lambda: lab.scalar(text("select status = 'Completed' from page")), deadline=10)


async def test_one_workflows_locked_table_does_not_keep_anothers_rows_from_being_taken_back(lab, page_plugin):
    """I8 as well: a migration may hold a table for minutes."""
    await lab.add_pages("hold")
    await lab.execute(insert(Contact).values(status="Queued"))
    doomed = await lab.start()
    await doomed.said("started [1]")
    await doomed.kill()
    await lab.set_page(1, orders="ok")

    async def nothing(item):
        return None

    plugins = {"a-contacts": plugin_of(contacts_workflow(), nothing), "pages": page_plugin}
    async with lab.host(plugins, policies=dict.fromkeys(plugins, quick())):
        await lab.eventually(lambda: lab.scalar(text("select count(*) = 2 from curation.worker")))
        async with lab.transaction() as person:
            await person.execute(text("lock table contact in access exclusive mode"))
            aged = text("update curation.worker set heartbeat_at = heartbeat_at - interval '1 hour' where pid = :pid")
            await lab.execute(aged, {"pid": doomed.pid})
            await lab.eventually(lambda: lab.scalar(text("select status = 'Completed' from page")), deadline=10)


async def test_a_row_that_can_not_be_moved_keeps_no_other_from_being_taken_back(lab, page_plugin):
    """A trigger or a check of the user's refuses one row of the batch."""
    await lab.add_pages("hold", "hold")
    doomed = await lab.start(policy={"concurrency": 2})
    await doomed.said("started", times=2)
    await doomed.kill()
    await lab.execute(update(Page).values(orders="ok"))
    await lab.execute(text("alter table page add check (id <> 1 or status = 'Processing') not valid"))
    await lab.silence_workers()
    async with lab.host({"pages": page_plugin}, policies={"pages": quick()}):
        await lab.eventually(
            lambda: lab.scalar(text("select status = 'Completed' from page where id = 2")), deadline=10
        )


async def test_a_row_that_a_person_keeps_locked_keeps_no_other_from_being_taken_back(lab, page_plugin):
    await lab.add_pages("hold", "hold")
    doomed = await lab.start(policy={"concurrency": 2})
    await doomed.said("started", times=2)
    await doomed.kill()
    await lab.execute(update(Page).values(orders="ok"))
    await lab.silence_workers()
    completed = select(func.count() == 2).where(Page.status == "Completed")
    async with lab.host({"pages": page_plugin}, policies={"pages": quick(every=0.2)}):
        async with lab.transaction() as person:
            await person.execute(text("select from page where id = 1 for update"))
            await lab.eventually(lambda: lab.scalar(select(Page.status == "Completed").where(Page.id == 2)))
        await lab.eventually(lambda: lab.scalar(completed))


async def test_nothing_is_stranded_whatever_moment_the_worker_is_killed_at(lab, page_plugin):
    await lab.add_pages(*["ok"] * 400)
    for kill_after in (1, 23, 150):
        doomed = await lab.start(host={"lost_after": 15}, policy={"max_attempts": 9})
        await doomed.said("settled", times=kill_after)
        await doomed.kill()
        assert await stranded(lab) == 0
        await lab.silence_workers()
        await lab.execute(text("update curation.claim set lost = 0"))  # else three kills at the same row fail it
    await lab.until_idle({"pages": page_plugin}, policies={"pages": quick(max_attempts=9)})
    assert await lab.statuses() == {"Completed": 400}
    assert await lab.claims() == {}
    assert await lab.scalar(select(func.count()).select_from(lab.ledger.worker)) == 0


async def test_a_token_that_was_given_out_before_leaves_no_row_in_processing(lab):
    """As where a backup brought back the engine's tables, and not their sequence."""
    await lab.add_pages("again")
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    await lab.until_idle(plugins, policies={"pages": quick()})
    used = select(lab.ledger.attempt.c.token)
    await lab.execute(text("select setval('curation.claim_token', (select max(token) from curation.attempt), false)"))
    await lab.execute(update(Page).values(status="Queued"))
    before = await lab.scalar(used)
    await lab.until_idle(plugins, policies={"pages": quick()})
    assert await lab.statuses() == {"Completed": 1}
    assert [row.token for row in await lab.all(used)] == [before], "the token was given out again"
