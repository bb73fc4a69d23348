"""I4, I5, I8 and I9: what can't be settled stops no other item, and is not run for ever."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from lab.plugins import Stage, plugin_of, return_orders, save_effect
from lab.tables import Contact, pages_workflow, quick
from sqlalchemy import insert, text

from curation_core import Done, Fail, Retry
from curation_core._rescuer import judge

REFUSALS = {
    "a reason that is too long": text("alter table page add check (length(error) < 10)"),
    "both words": text("alter table page add check (status not in ('Completed', 'Error'))"),
}


@pytest.mark.parametrize("kind", REFUSALS)
async def test_a_row_whose_failure_the_table_refuses_is_not_run_more_often_than_its_attempts(lab, kind):
    await lab.execute(REFUSALS[kind])
    await lab.add_pages("a")
    calls = []

    async def process_item(item):
        calls.append(item.id)
        return Fail("a reason of some length")

    async with lab.host({"pages": plugin_of(pages_workflow(), process_item)}, policies=two_attempts()):
        await until_over(lab, calls)
    assert len(calls) <= 2


async def test_a_result_whose_status_the_table_refuses_is_not_paid_for_again_and_again(lab):
    await lab.execute(text("alter table page add check (status not in ('Completed', 'Error'))"))
    await lab.add_pages("a")
    calls = []

    async def process_item(item):
        calls.append(item.id)
        return "paid"

    async with lab.host({"pages": plugin_of(pages_workflow(), process_item)}, policies=two_attempts()):
        await until_over(lab, calls)
    assert len(calls) <= 2


LOST = text(
    "insert into curation.claim (workflow, item, token, queueing, worker, attempt, lost, claimed_at) "
    "values ('pages', '[1]', 1, 1, gen_random_uuid(), :attempt, 0, now())"
)


def two_attempts(**more):
    return {"pages": quick(max_attempts=2, **more)}


async def until_over(lab, calls):
    """Until it has failed, or was run too often."""

    async def is_over():
        return len(calls) > 2 or "failed" in await lab.outcomes()

    await lab.eventually(is_over)


async def test_a_statement_with_too_many_parameters_is_its_items_error_alone(lab):
    """The driver refuses it before it is sent: the database is not away."""
    await lab.add_pages("fine", "many", "fine")

    async def save_result(session, item, result):
        rows = 40_000 if result == "many" else 1
        await session.execute(insert(Contact).values([{"status": "New"} for _ in range(rows)]))

    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_result)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=1)}, deadline=8)
    assert await lab.statuses() == {"Completed": 2, "Error": 1}


async def test_a_statement_of_save_result_that_exceeds_its_own_limit_is_its_items_error_alone(lab):
    await lab.add_pages("slow", "fine", "fine")

    async def save_result(session, item, result):
        if result == "slow":
            await session.execute(text("set local statement_timeout = 50"))
            await session.execute(text("select pg_sleep(10)"))

    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_result)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=1)}, deadline=8)
    assert await lab.statuses() == {"Completed": 2, "Error": 1}


async def test_a_save_result_that_is_stopped_once_and_then_raises_fails_its_item(lab):
    """What was stopped may pass by itself, and what is raised after it does not."""
    await lab.add_pages("slow once")
    stopped = []

    async def save_result(session, item, result):
        if stopped:
            raise ValueError("no")
        stopped.append(item.id)
        await session.execute(text("set local statement_timeout = 50"))
        await session.execute(text("select pg_sleep(10)"))

    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_result)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=1)}, deadline=8)
    assert (await lab.page(1)).error == "ValueError: no"


async def test_an_error_of_a_users_trigger_that_looks_like_a_passing_one_is_its_items_alone(lab):
    await lab.execute(
        text(
            "create function refuse() returns trigger language plpgsql as $$ begin if new.result = 'bad' then "
            "raise exception 'no' using errcode = 'query_canceled'; end if; return new; end $$"
        )
    )
    await lab.execute(text("create trigger refuse before insert on effect for each row execute function refuse()"))
    await lab.add_pages("good", "bad", "good")
    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_effect)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=1)}, deadline=8)
    assert await lab.statuses() == {"Completed": 2, "Error": 1}


def nonsense_of_on_error(item, error, attempt):
    return Done(note=None)


async def test_a_nonsensical_outcome_of_on_error_stops_no_other_item_from_being_settled(lab):
    await lab.add_pages("bad", "good")

    async def save_result(session, item, result):
        if result == "bad":
            raise ValueError("no")

    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_result, on_error=nonsense_of_on_error)
    async with lab.host({"pages": plugin}, policies={"pages": quick(max_attempts=1)}):
        await lab.eventually(lambda: is_done(lab, 2), deadline=8)


async def is_done(lab, number):
    return (await lab.page(number)).status == "Completed"


async def test_a_nonsensical_outcome_of_on_error_after_a_time_limit_is_charged(lab):
    await lab.add_pages("slow")
    calls = []
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)

    async def process_item(item):
        calls.append(item.id)
        await asyncio.Event().wait()

    plugin = plugin_of(pages_workflow(), process_item, on_error=nonsense_of_on_error)
    policies = two_attempts(timeout=timedelta(seconds=0.1))
    async with lab.host({"pages": plugin}, policies=policies):
        await until_over(lab, calls)
    assert len(calls) <= 2


@pytest.mark.parametrize(
    ("refusal", "attempt", "then"),
    [
        (text("alter table page add check (length(error) < 10)"), 1, "Queued"),
        (text("alter table page add check (status <> 'Error')"), 2, "Processing"),
    ],
    ids=["its reason", "its status"],
)
async def test_a_lost_row_whose_table_refuses_it_is_held_by_a_dead_worker_no_longer(lab, refusal, attempt, then):
    await lab.add_pages("ok", status="Processing")
    await lab.execute(refusal)
    await lab.execute(LOST, {"attempt": attempt})
    async with lab.settling(pages_workflow()) as (store, rows, settling):
        await store.upkeep(timedelta(seconds=15)).rescue(rows, settling, partial(judge, two_attempts()["pages"]))
    assert await lab.statuses() == {then: 1}
    assert [row.outcome for row in await lab.history()] == ["lost"]
    assert [claim.worker for claim in (await lab.claims()).values()] == [None] * (then == "Queued")


async def test_a_retry_whose_reason_the_table_refuses_is_a_retry_all_the_same(lab):
    await lab.execute(text("alter table page add check (length(error) < 10)"))
    await lab.add_pages("a")

    async def process_item(item, attempt):
        return "done" if attempt.number == 2 else Retry(timedelta(0), "a reason of some length")

    await lab.until_idle({"pages": plugin_of(pages_workflow(), process_item)}, policies=two_attempts(), deadline=8)
    assert await lab.outcomes() == ["retry", "done"]


async def test_after_an_error_of_the_engines_own_in_a_settle_another_worker_takes_over(lab, caplog):
    """What it holds would stay in processing for as long as it is heard of."""
    stage = Stage()
    await lab.add_pages("a")
    plugin = plugin_of(pages_workflow(), stage.process_item, save_result=save_effect)
    brief = {"lost_after": 2, "heartbeat_every": 0.2, "sweep_every": 0.2}
    async with lab.host({"pages": plugin}, policies={"pages": quick()}, host=brief) as engine:
        before = await stage.arrival("[1]")
        engine._shift.workers["pages"]._settler.submit("no verdict")  # noqa: SLF001 - nothing public can break it
        await lab.eventually(lambda: before not in [attempt for attempt, _ in stage.on_stage.values()])
        await stage.arrival("[1]")
        stage.release("[1]", "of the next")
        await lab.eventually(lambda: is_done(lab, 1))
    assert "the loop of pages ended: AttributeError" in caplog.text
    assert await lab.outcomes() == ["lost", "done"]
