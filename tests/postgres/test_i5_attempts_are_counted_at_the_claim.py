"""I5: attempts are counted at the claim, so a crash is charged; a deploy, a pause or a lost race is not."""

from datetime import timedelta
from uuid import uuid4

import pytest
from lab.plugins import Stage, plugin_of, return_orders
from lab.tables import Page, pages_workflow, quick
from sqlalchemy import func, select

from curation_core import Done, Fail, Pause, Retry
from curation_core._sql.cursor import Cursor
from curation_core._store.claiming import Limits

RETRY_AT_ONCE = Retry(after=timedelta(0), reason="not yet")


async def claimed_by_a_dead_worker(lab):
    """Claim the rows there are, due or fresh, as a worker that is not among the workers."""
    async with lab.settling(pages_workflow()) as (store, rows, _):
        claims = store.claims(rows, uuid4(), Limits())
        assert await claims.due(10) or await claims.suspect() or (await claims.fresh(10, Cursor())).claims


async def taken_back(lab):
    """Let a host without patience take back what dead workers hold, and claim nothing."""
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    policies = {"pages": quick(max_attempts=100)}
    async with lab.paused("pages"), lab.host(plugins, policies=policies):
        await lab.eventually(lambda: lab.scalar(select(Page.status == "Queued")))


@pytest.mark.parametrize("max_attempts", [1, 2, 5])
async def test_a_row_that_never_succeeds_fails_after_max_attempts_and_no_earlier(lab, max_attempts):
    attempts = []

    async def process_item(item, attempt):
        attempts.append((attempt.number, attempt.max_attempts, attempt.is_last))
        raise ValueError("never")

    await lab.add_pages("a")
    plugin = plugin_of(pages_workflow(), process_item)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=max_attempts)})
    expected = [(number, max_attempts, number == max_attempts) for number in range(1, max_attempts + 1)]
    assert attempts == expected
    assert await lab.outcomes() == ["retry"] * (max_attempts - 1) + ["failed"]
    row = await lab.page(1)
    assert row.status == "Error"
    assert row.error == ("" if max_attempts == 1 else f"gave up after {max_attempts} attempts: ") + "ValueError: never"


async def test_retries_asked_for_count_like_errors(lab):
    async def process_item(item):
        return RETRY_AT_ONCE

    await lab.add_pages("a")
    plugin = plugin_of(pages_workflow(), process_item)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=3)})
    assert await lab.outcomes() == ["retry", "retry", "failed"]
    assert (await lab.page(1)).error == "gave up after 3 attempts: not yet"


async def test_a_row_that_is_queued_anew_starts_with_its_first_attempt_and_another_key(lab):
    keys = []

    async def process_item(item, attempt):
        keys.append((attempt.number, attempt.idempotency_key))
        raise ValueError("never")

    await lab.add_pages("a")
    plugins = {"pages": plugin_of(pages_workflow(), process_item)}
    await lab.until_idle(plugins, policies={"pages": quick(max_attempts=2)})
    await lab.set_page(1, status="Queued")
    await lab.until_idle(plugins, policies={"pages": quick(max_attempts=2)})
    assert [number for number, _ in keys] == [1, 2, 1, 2]
    assert keys[0][1] == keys[1][1], "one queueing, one key"
    assert keys[2][1] == keys[3][1]
    assert keys[0][1] != keys[2][1], "another queueing, another key"
    assert all(key.startswith("pages:[1]:") for _, key in keys)


async def test_every_crash_is_charged_and_a_row_that_crashes_its_worker_fails_with_a_reason(lab):
    await lab.add_pages("crash", "ok")
    for crash in (1, 2):
        doomed = await lab.start(policy={"max_attempts": 2, "concurrency": 1, "batch_size": 1})
        await doomed.said(f"started [1] {crash}")
        await doomed.process.wait()
        await lab.silence_workers()
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    await lab.until_idle(plugins, policies={"pages": quick(max_attempts=2)})
    assert await lab.outcomes("[1]") == ["lost", "lost"]
    row = await lab.page(1)
    assert row.status == "Error"
    assert row.error.startswith("gave up after 2 of 2 attempts: worker ")
    assert (await lab.page(2)).status == "Completed"


async def test_a_row_that_was_lost_three_times_fails_whatever_attempts_are_left(lab):
    await lab.add_pages("ok")
    for _ in range(2):
        await claimed_by_a_dead_worker(lab)
        await taken_back(lab)
    await claimed_by_a_dead_worker(lab)
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    await lab.until_idle(plugins, policies={"pages": quick(max_attempts=100)})
    row = await lab.page(1)
    assert row.status == "Error"
    assert row.error.startswith("the worker died 3 times while holding this item; the last time: worker ")
    assert await lab.outcomes() == ["lost"] * 3


async def test_an_uncharged_retry_leaves_the_attempts_as_they_were(lab):
    """Its item was not tried, since somebody asked to come later; the last attempt may come later, too."""
    seen = []

    async def process_item(item, attempt):
        seen.append(attempt.number)
        return Retry(timedelta(milliseconds=1), "come back later", charged=False) if len(seen) < 5 else "at last"

    await lab.add_pages("a")
    plugin = plugin_of(pages_workflow(), process_item)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=1)})
    assert seen == [1] * 5
    assert await lab.outcomes() == ["retry"] * 4 + ["done"]
    assert await lab.statuses() == {"Completed": 1}


async def test_times_lost_are_counted_over_the_retries_between_them(lab):
    """A row that now fails and now kills its worker is not tried for ever either."""
    await lab.add_pages("ok")

    async def fails(item):
        return RETRY_AT_ONCE

    async with lab.host({"pages": plugin_of(pages_workflow(), fails)}, policies={"pages": quick(max_attempts=100)}):
        await lab.eventually(lambda: lab.scalar(select(func.count() > 2).select_from(lab.ledger.attempt)))
    for lost in (1, 2):
        await claimed_by_a_dead_worker(lab)
        await taken_back(lab)
        assert (await lab.claims())["[1]"].lost == lost


async def test_a_crash_waits_for_the_backoff_like_any_failure(lab):
    await lab.make_clock()
    await lab.add_pages("ok")
    await claimed_by_a_dead_worker(lab)
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    async with lab.host(plugins, policies={"pages": quick(backoff=(60,))}) as engine:
        await lab.eventually(lambda: lab.scalar(select(Page.status == "Queued")))
        waiting = (await lab.claims())["[1]"]
        assert waiting.worker is None
        assert timedelta(seconds=50) < waiting.retry_at - waiting.claimed_at
        assert not engine.counts.get("pages")
    await lab.move_clock(seconds=70)
    await lab.until_idle(plugins, policies={"pages": quick(backoff=(60,))})
    assert await lab.statuses() == {"Completed": 1}


async def test_an_item_that_a_stopped_host_gives_back_is_not_charged(lab):
    await lab.add_pages("a")
    for _ in range(5):
        stage = Stage()
        plugins = {"pages": plugin_of(pages_workflow(), stage.process_item)}
        async with lab.host(plugins, policies={"pages": quick(max_attempts=2)}, host={"drain_timeout": 0}):
            attempt = await stage.arrival("[1]")
            assert attempt.number == 1
        assert (await lab.page(1)).status == "Queued"
        assert (await lab.claims())["[1]"].attempt == 0
    assert await lab.outcomes() == ["released"] * 5


async def test_sigterm_gives_back_what_does_not_finish_and_lets_finish_what_does(lab):
    await lab.add_pages("hold", "hold")
    host = await lab.start(policy={"concurrency": 2}, host={"drain_timeout": 60})
    await host.said("started", times=2)
    host.process.terminate()
    host.tell("release [1]")
    await host.said("settled [1] done")
    host.process.terminate()
    assert await host.ended() == {"pages": {"done": 1, "released": 1}}
    assert (await lab.page(2)).status == "Queued"
    assert (await lab.claims())["[2]"].attempt == 0
    assert await lab.scalar(select(func.count()).select_from(lab.ledger.worker)) == 0


async def test_what_a_host_gave_back_goes_on_with_its_attempt_and_its_key(lab):
    keys = []

    async def process_item(item, attempt):
        keys.append((attempt.number, attempt.idempotency_key))
        return Retry(after=timedelta(0)) if attempt.number == 1 else await stage.process_item(item, attempt)

    await lab.add_pages("a")
    for _ in range(3):
        stage = Stage()
        plugins = {"pages": plugin_of(pages_workflow(), process_item)}
        async with lab.host(plugins, policies={"pages": quick(max_attempts=2)}, host={"drain_timeout": 0}):
            assert (await stage.arrival("[1]")).number == 2
    assert [number for number, _ in keys] == [1, 2, 2, 2]
    assert len({key for _, key in keys}) == 1


async def test_a_pause_is_not_charged(lab):
    await lab.make_clock()
    numbers = []

    async def process_item(item, attempt):
        numbers.append(attempt.number)
        return Pause(timedelta(minutes=5), "the quota is gone") if len(numbers) < 4 else None

    await lab.add_pages("a")
    plugins = {"pages": plugin_of(pages_workflow(), process_item)}
    for minutes in (0, 6, 12, 18):
        await lab.move_clock(minutes=minutes)
        await lab.until_idle(plugins, policies={"pages": quick(max_attempts=1)})
    assert numbers == [1, 1, 1, 1]
    assert await lab.outcomes() == ["paused", "paused", "paused", "done"]


async def test_a_result_that_a_person_overruled_is_not_charged(lab):
    await lab.add_pages("a")
    stage = Stage()
    async with lab.host(
        {"pages": plugin_of(pages_workflow(), stage.process_item)}, policies={"pages": quick()}
    ) as engine:
        first = await stage.arrival("[1]")
        await lab.set_page(1, status="Queued")
        stage.release("[1]")
        await lab.eventually(lambda: engine.counts["pages"].get("overruled"))
        second = await stage.arrival("[1]")
        stage.release("[1]")
        await lab.eventually(lambda: engine.counts["pages"].get("done"))
    assert (first.number, second.number) == (1, 1)
    assert first.idempotency_key != second.idempotency_key


async def test_no_row_is_claimed_more_often_than_max_attempts_by_several_hosts(lab):
    orders = {"done": Done("ok"), "retry": RETRY_AT_ONCE, "fail": Fail("no")}
    await lab.add_pages(*[*orders, "error"] * 25)

    async def process_item(item):
        if item.orders == "error":
            raise ValueError(item.orders)
        return orders[item.orders]

    plugins = {"pages": plugin_of(pages_workflow(), process_item)}
    policies = {"pages": quick(max_attempts=3)}
    async with lab.host(plugins, policies=policies), lab.host(plugins, policies=policies):
        await lab.until_idle(plugins, policies=policies)
    history = lab.ledger.attempt
    of_page = history.c.item == func.concat("[", Page.id, "]")
    per_row = select(Page.orders, func.count().label("claims")).join_from(history, Page, of_page)
    counted = per_row.group_by(history.c.item, Page.orders).subquery()
    found = await lab.all(select(counted.c.orders, counted.c.claims).distinct())
    assert dict(found) == {"done": 1, "retry": 3, "fail": 1, "error": 3}
    assert len(found) == 4, "every row of a kind alike"
    assert await lab.statuses() == {"Completed": 25, "Error": 75}
    assert await lab.claims() == {}
