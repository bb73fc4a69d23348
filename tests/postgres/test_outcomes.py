"""What each outcome does to the row, the error column, the claim and the history."""

import asyncio
from datetime import timedelta

import pytest
from lab.plugins import plugin_of, save_effect
from lab.tables import Effect, Page, pages_workflow, quick
from sqlalchemy import Column, Integer, Table, Text, func, select
from sqlalchemy.orm import registry

from curation_core import Done, Fail, Pause, Retry, Skip, States

SOON = timedelta(0)


async def ends_with(lab, outcome, **hooks):
    """Run one row to this outcome, with the effects saved. Returns the row."""

    async def process_item(item, attempt):
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome(attempt) if callable(outcome) else outcome

    await lab.add_pages("a")
    plugin = plugin_of(pages_workflow(), process_item, save_result=save_effect, **hooks)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=2)})
    return await lab.page(1)


async def effects(lab):
    return list((await lab.execute(select(Effect.result))).scalars())


async def test_a_plain_result_completes_the_row_and_is_saved(lab):
    row = await ends_with(lab, "found")
    assert (row.status, row.error) == ("Completed", None)
    assert await effects(lab) == ["found"]
    assert [(entry.outcome, entry.reason, entry.attempt) for entry in await lab.history()] == [("done", "", 1)]


async def test_nothing_is_a_result_too(lab):
    assert (await ends_with(lab, None)).status == "Completed"
    assert await effects(lab) == [None]


async def test_a_note_of_done_stands_in_the_history(lab):
    row = await ends_with(lab, Done("found", note="of 3 pages 1 was new"))
    assert (row.status, row.error) == ("Completed", None)
    assert await effects(lab) == ["found"]
    assert (await lab.history())[0].reason == "of 3 pages 1 was new"


async def test_a_skip_completes_where_the_table_has_no_word_for_it_and_its_reason_stands_in_the_history(lab):
    row = await ends_with(lab, Skip("no website"))
    assert (row.status, row.error) == ("Completed", None)
    assert await effects(lab) == []
    assert [(entry.outcome, entry.reason) for entry in await lab.history()] == [("skipped", "no website")]


async def test_a_skip_has_its_own_word_where_the_table_has_one(lab):
    words = States(queued="Queued", processing="Processing", completed="Completed", failed="Error", skipped="Filtered")
    await lab.add_pages("a")

    async def process_item(item):
        return Skip("spam", result="seen")

    plugin = plugin_of(pages_workflow(states=words), process_item, save_result=save_effect)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick()})
    row = await lab.page(1)
    assert (row.status, row.error) == ("Filtered", None)
    assert await effects(lab) == ["seen"]


async def test_a_fail_fails_at_once_with_its_reason_and_saves_what_was_achieved(lab):
    row = await ends_with(lab, Fail("the site is gone", result="half"))
    assert (row.status, row.error) == ("Error", "the site is gone")
    assert await effects(lab) == ["half"]
    assert [(entry.outcome, entry.reason) for entry in await lab.history()] == [("failed", "the site is gone")]


@pytest.mark.parametrize("outcome", [Fail("no"), Skip("nothing"), Retry(SOON)], ids=lambda one: type(one).__name__)
async def test_an_outcome_without_a_result_saves_nothing(lab, outcome):
    await ends_with(lab, outcome)
    assert await effects(lab) == []


async def test_a_retry_saves_what_was_achieved_and_shows_its_reason_until_the_next_attempt(lab):
    seen = []

    async def process_item(item, attempt):
        seen.append((await lab.page(1)).error)
        return Retry(timedelta(hours=1), "half way", result="half" if attempt.number == 1 else None)

    await lab.add_pages("a")
    plugin = plugin_of(pages_workflow(), process_item, save_result=save_effect)
    async with lab.host({"pages": plugin}, policies={"pages": quick()}) as engine:
        await lab.eventually(lambda: engine.counts.get("pages"))
    row = await lab.page(1)
    assert (row.status, row.error) == ("Queued", "half way")
    assert await effects(lab) == ["half"]
    waiting = (await lab.claims())["[1]"]
    assert (waiting.worker, waiting.error, waiting.attempt) == (None, "half way", 1)
    assert waiting.retry_at - waiting.claimed_at >= timedelta(hours=1)
    await lab.execute(lab.ledger.claim.update().values(retry_at=func.now()))
    async with lab.host({"pages": plugin}, policies={"pages": quick()}) as engine:
        await lab.eventually(lambda: engine.counts.get("pages"))
    assert seen == [None, None], "the claim clears the reason of the attempt before"


@pytest.mark.parametrize("outcome", [ValueError("no"), Retry(reason="no")], ids=["error", "retry"])
async def test_the_policys_backoff_says_how_long_to_wait_and_its_last_wait_repeats(lab, outcome):
    await lab.make_clock()
    await lab.add_pages("a")
    waits = []

    async def process_item(item):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    plugin = plugin_of(pages_workflow(), process_item)
    policy = quick(max_attempts=5, backoff=(10, 100))
    for minutes in (0, 1, 5, 10):
        await lab.move_clock(minutes=minutes)
        async with lab.host({"pages": plugin}, policies={"pages": policy}) as engine:
            await lab.eventually(lambda: engine.counts.get("pages"))
        claim = (await lab.claims())["[1]"]
        waits.append((claim.retry_at - (await lab.history())[-1].settled_at).total_seconds())
    for wait, expected in zip(waits, (10, 100, 100, 100), strict=True):
        assert 0.9 * expected <= wait <= 1.1 * expected + 0.001


async def test_a_wait_of_nothing_is_no_wait(lab):
    """Neither the next sweep nor the next `every` is waited for."""
    await lab.add_pages("a")

    async def process_item(item, attempt):
        return Retry(SOON) if attempt.number < 3 else None

    plugins = {"pages": plugin_of(pages_workflow(), process_item)}
    hour = timedelta(hours=1)
    async with lab.host(plugins, policies={"pages": quick()}, host={"sweep_every": hour}):
        await lab.eventually(lambda: lab.scalar(select(Page.status == "Completed")), deadline=10)


async def test_a_short_wait_is_over_when_it_is_and_not_at_the_next_sweep(lab):
    await lab.add_pages("a")

    async def process_item(item, attempt):
        return Retry(timedelta(milliseconds=30)) if attempt.number < 3 else None

    plugins = {"pages": plugin_of(pages_workflow(), process_item)}
    hour = timedelta(hours=1)
    async with lab.host(plugins, policies={"pages": quick()}, host={"sweep_every": hour}):
        await lab.eventually(lambda: lab.scalar(select(Page.status == "Completed")), deadline=10)


@pytest.mark.parametrize(
    ("decision", "status", "error", "history"),
    [
        (None, "Error", "gave up after 2 attempts: ValueError: gone", ["retry", "failed"]),
        (Skip("gone"), "Completed", None, ["skipped"]),
        (Fail("gone for good"), "Error", "gone for good", ["failed"]),
        (Done("from the error"), "Completed", None, ["done"]),
        (Retry(SOON, "busy"), "Error", "gave up after 2 attempts: busy", ["retry", "failed"]),
    ],
    ids=["the policy", "skip", "fail", "done", "retry"],
)
async def test_on_error_decides_what_an_exception_means(lab, decision, status, error, history):
    seen = []

    def on_error(item, error, attempt):
        seen.append((item.id, str(error), attempt.number))
        return decision

    row = await ends_with(lab, ValueError("gone"), on_error=on_error)
    assert (row.status, row.error) == (status, error)
    assert await lab.outcomes() == history
    assert seen == [(1, "gone", number) for number in range(1, len(history) + 1)]
    assert await effects(lab) == (["from the error"] if isinstance(decision, Done) else [])


async def test_on_error_hears_of_a_time_limit_and_of_save_result(lab):
    seen = []

    def on_error(item, error):
        seen.append(type(error).__name__)

    async def process_item(item):
        if item.orders == "slow":
            await asyncio.sleep(3600)

    async def save_result(session, item, result):
        raise LookupError

    await lab.add_pages("slow", "quick")
    plugin = plugin_of(pages_workflow(), process_item, save_result=save_result, on_error=on_error)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=1, timeout=timedelta(seconds=0.1))})
    assert sorted(seen) == ["LookupError", "TimeoutError"]
    assert await lab.statuses() == {"Error": 2}


async def test_a_pause_holds_the_whole_workflow_back_on_every_host_and_no_other(lab):
    await lab.make_clock()
    await lab.add_pages("pause")

    async def process_item(item):
        return Pause(timedelta(minutes=10), "the quota is gone") if item.orders == "pause" else None

    plugins = {"pages": plugin_of(pages_workflow(), process_item)}
    other = await lab.start()
    async with lab.host(plugins, policies={"pages": quick()}) as engine:
        await lab.eventually(lambda: engine.counts.get("pages"))
        control = (await lab.all(select(lab.ledger.control)))[0]
        assert (control.workflow, control.paused_by, control.reason) == ("pages", "an item", "the quota is gone")
        await lab.add_pages("ok", "ok")
        await lab.wake()
        await lab.eventually(lambda: not engine._shift.busy)  # noqa: SLF001 - the end of the look, and no other event
    assert await lab.statuses() == {"Queued": 3}
    assert "started" not in " ".join(other.lines)
    await lab.set_page(1, orders="ok")
    await lab.move_clock(minutes=11)
    await other.said("settled", times=3)
    assert await lab.statuses() == {"Completed": 3}


async def test_the_longest_of_several_pauses_counts(lab):
    await lab.add_pages("1", "30", "5")

    async def process_item(item):
        return Pause(timedelta(minutes=int(item.orders)), f"for {item.orders} minutes")

    await lab.until_idle({"pages": plugin_of(pages_workflow(), process_item)}, policies={"pages": quick()})
    control = (await lab.all(select(lab.ledger.control, func.now().label("now"))))[0]
    assert control.reason == "for 30 minutes"
    assert timedelta(minutes=29) < control.paused_until - control.now <= timedelta(minutes=30)


async def test_a_model_mapped_in_the_imperative_style_can_be_saved(lab):
    class Note:
        pass

    mapping = registry()
    table = Table("note", mapping.metadata, Column("id", Integer, primary_key=True), Column("words", Text))
    mapping.map_imperatively(Note, table)
    await lab.create(mapping.metadata)

    async def process_item(item):
        return "words"

    async def save_result(session, item, result):
        note = Note()
        note.words = result
        session.add(note)

    await lab.add_pages("a")
    plugin = plugin_of(pages_workflow(), process_item, save_result=save_result)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=1)})
    assert (await lab.page(1)).error is None
    assert await lab.scalar(select(table.c.words)) == "words"


async def test_the_item_can_be_merged_and_changed_by_save_result_in_its_other_columns(lab):
    """It is detached, not transient: the session updates it, and does not insert it again."""

    async def process_item(item):
        return item.orders.upper()

    async def save_result(session, item, result):
        session.add(item)
        item.orders = result

    await lab.add_pages("a")
    plugin = plugin_of(pages_workflow(), process_item, save_result=save_result)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=1)})
    row = await lab.page(1)
    assert (row.status, row.orders, row.error) == ("Completed", "A", None)
