"""What a person does from the command line: queue, pause, resume, look."""

from datetime import timedelta

import pytest
from lab.plugins import Stage, plugin_of, return_orders
from lab.tables import Page, pages_workflow, quick
from sqlalchemy import select, text

from curation_core import Retry, States

WANTED = Page.curation == "Selected"
SIX = ("Queued", "Processing", "Completed", "Error", "Not a Fit", None)


@pytest.fixture
async def desk(lab):
    """What a person asks for, and the rows they ask about: one of each status, the last of them unwanted too."""
    for status in SIX:
        await lab.add_pages("ok", status=status)
    await lab.add_pages("ok", status="Error", curation="Not a Fit")
    await lab.execute(text("update page set error = 'old'"))
    async with lab.settling(pages_workflow(where=WANTED)) as (store, rows, _):
        yield store.operating, rows


async def statuses(lab):
    return [row.status for row in await lab.all(select(Page.status).order_by(Page.id))]


async def test_all_queues_what_is_wanted_and_was_never_worked_or_has_failed(lab, desk):
    operating, rows = desk
    assert sorted(await operating.queue(rows, None)) == ["[4]", "[5]", "[6]"]
    assert await statuses(lab) == ["Queued", "Processing", "Completed", "Queued", "Queued", "Queued", "Error"]
    assert [(await lab.page(number)).error for number in (3, 4, 7)] == ["old", None, "old"]


async def test_a_row_that_is_named_is_queued_unless_it_is_queued_or_running_already(lab, desk):
    operating, rows = desk
    named = [f"[{number}]" for number in range(1, 8)]
    assert sorted(await operating.queue(rows, [*named, "[99]"])) == ["[3]", "[4]", "[5]", "[6]", "[7]"]
    assert await statuses(lab) == ["Queued", "Processing", *["Queued"] * 5]


async def test_a_dry_run_says_the_same_and_changes_nothing(lab, desk):
    operating, rows = desk
    before = await lab.all(select(Page.id, Page.status, Page.error).order_by(Page.id))
    heard = []
    async with lab.listening("curation", heard):
        assert sorted(await operating.queue(rows, None, dry_run=True)) == ["[4]", "[5]", "[6]"]
        assert len(await operating.queue(rows, ["[3]"], dry_run=True)) == 1
        await lab.execute(text("select pg_notify('curation', 'the end')"))
        await lab.eventually(lambda: "the end" in heard)
    assert heard == ["the end"]
    assert await lab.all(select(Page.id, Page.status, Page.error).order_by(Page.id)) == before


async def test_failed_rows_are_queued_where_skipped_shares_their_word(lab):
    words = States(queued="Queued", processing="Processing", completed="Completed", failed="Error", skipped="Error")
    await lab.add_pages("ok", status="Error")
    async with lab.settling(pages_workflow(states=words)) as (store, rows, _):
        assert await store.operating.queue(rows, None) == ["[1]"]


async def test_a_row_that_is_queued_again_starts_with_its_first_attempt(lab):
    """Its wait, and what it was charged, belong to the queueing before."""
    stage = Stage()
    await lab.add_pages("ok")
    workflow = pages_workflow()
    async with lab.host({"pages": plugin_of(workflow, stage.process_item)}, policies={"pages": quick()}) as engine:
        first = await stage.arrival("[1]")
        stage.release("[1]", Retry(timedelta(hours=1)))
        await lab.eventually(lambda: engine.counts["pages"].get("retry"))
        await lab.set_page(1, status="Not a Fit")
        async with lab.settling(workflow) as (store, rows, _):
            assert await store.operating.queue(rows, ["[1]"]) == ["[1]"]
        second = await stage.arrival("[1]")
        assert (first.number, second.number) == (1, 1)
        assert first.idempotency_key != second.idempotency_key


async def test_a_pause_holds_fresh_and_due_rows_back_until_it_is_lifted(lab):
    await lab.add_pages("retry", "ok")

    async def process_item(item, attempt):
        return Retry(timedelta(0)) if item.orders == "retry" and attempt.number == 1 else None

    plugins = {"pages": plugin_of(pages_workflow(), process_item)}
    policies = {"pages": quick(concurrency=1, batch_size=1)}
    async with lab.paused("pages"):
        summary = await lab.until_idle(plugins, policies=policies)
        assert summary.counts["pages"] == {}, "idle, since a paused workflow is not waited for"
    await lab.until_idle(plugins, policies=policies)
    assert await lab.statuses() == {"Completed": 2}


async def test_what_runs_when_a_pause_begins_is_settled(lab):
    stage = Stage()
    await lab.add_pages("ok")
    plugins = {"pages": plugin_of(pages_workflow(), stage.process_item)}
    async with lab.host(plugins, policies={"pages": quick()}) as engine:
        await stage.arrival("[1]")
        async with lab.paused("pages"):
            stage.release("[1]")
            await lab.eventually(lambda: engine.counts["pages"].get("done"))


async def test_a_pause_ends_by_itself(lab):
    await lab.make_clock()
    await lab.add_pages("ok")
    async with lab.settling(pages_workflow()) as (store, _, __):
        await store.operating.pause("pages", timedelta(minutes=5), "ada", "lunch")
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    await lab.until_idle(plugins, policies={"pages": quick()})
    assert await lab.statuses() == {"Queued": 1}
    await lab.move_clock(minutes=6)
    await lab.until_idle(plugins, policies={"pages": quick()})
    assert await lab.statuses() == {"Completed": 1}


async def test_a_shorter_pause_does_not_cut_a_longer_one_short(lab):
    async with lab.settling(pages_workflow()) as (store, rows, _):
        await store.operating.pause("pages", None, "ada", "until resumed")
        await store.operating.pause("pages", timedelta(minutes=5), "an item", "a quota")
        status = await store.operating.status(rows)
        assert (status.paused_until, status.paused_by, status.reason) == ("infinity", "ada", "until resumed")
        assert await store.operating.resume("pages")
        assert not await store.operating.resume("pages"), "it is not paused any more"
        assert (await store.operating.status(rows)).paused_until == ""


async def test_a_status_counts_rows_and_claims(lab, desk):
    operating, rows = desk
    stage = Stage()
    plugins = {"pages": plugin_of(pages_workflow(where=WANTED), stage.process_item)}
    async with lab.host(plugins, policies={"pages": quick()}):
        await stage.arrival("[1]")
        status = await operating.status(rows)
        [worker] = await operating.workers()
    assert status.rows == {"Processing": 2, "Completed": 1, "Error": 2, "Not a Fit": 1, None: 1}
    assert (status.live, status.waiting, status.next_retry) == (1, 0, None)
    assert status.oldest >= 0
    assert worker.workflows == ["pages"]
    assert worker.silent < 15
    assert await operating.workers() == []


async def test_a_status_tells_when_the_next_attempt_is_due(lab):
    stage = Stage()
    await lab.add_pages("ok")
    plugins = {"pages": plugin_of(pages_workflow(), stage.process_item)}
    async with lab.host(plugins, policies={"pages": quick()}), lab.settling(pages_workflow()) as (store, rows, _):
        await stage.arrival("[1]")
        stage.release("[1]", Retry(timedelta(hours=1)))
        await lab.eventually(lab.waiting)
        status = await store.operating.status(rows)
        assert (status.live, status.waiting) == (0, 1)
        assert 3500 < status.next_retry <= 3600
