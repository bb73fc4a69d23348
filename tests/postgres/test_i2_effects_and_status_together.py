"""I2: what a plugin writes and the change of status commit in one transaction, or not at all."""

import asyncio
import random

from lab.plugins import plugin_of, return_orders, save_effect
from lab.tables import Effect, Page, pages_workflow, quick
from sqlalchemy import func, select, text

APART = text(
    "select count(*) filter (where (status = 'Completed') is distinct from (effect.page_id is not null)), count(*) "
    "from page full join effect on page.id = effect.page_id"
)
ROWS = 3000


async def test_whatever_moment_a_worker_is_killed_at_effects_and_status_agree(lab):
    """A reader looks at one snapshot after another while workers settle, and are killed in the middle of it."""
    await lab.execute(
        text("insert into page (status, orders) select 'Queued', 'ok' from generate_series(1, :rows)"), {"rows": ROWS}
    )
    over = asyncio.Event()

    async def read():
        snapshots = 0
        while not over.is_set():
            [(apart, rows)] = await lab.all(APART)
            assert (apart, rows) == (0, ROWS)
            snapshots += 1
        return snapshots

    reading = asyncio.create_task(read())
    moments = random.Random(7)  # noqa: S311 - only the moments of the kills, the same in every run
    policy = {"batch_size": 50, "concurrency": 50, "max_attempts": 99}
    for kill in range(4):
        doomed = await lab.start(policy=policy)
        await doomed.said("saving", times=moments.randrange(1, 500))
        await doomed.kill()
        [(apart, _)] = await lab.all(APART)
        assert apart == 0, f"after kill {kill + 1}"
        await lab.silence_workers()
        await lab.execute(text("update curation.claim set lost = 0"))  # else three kills at the same row fail it
    assert 0 < (await lab.statuses())["Completed"] < ROWS, "they were killed in the midst of it"
    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_effect)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(**policy | {"max_attempts": 99})})
    over.set()
    assert await reading > 3
    assert await lab.statuses() == {"Completed": ROWS}
    assert await lab.scalar(select(func.count()).select_from(Effect)) == ROWS
    assert (await lab.outcomes()).count("done") == ROWS


async def test_an_effect_of_an_item_that_failed_to_save_is_not_kept_even_in_part(lab):
    async def save_result(session, item, result):
        await save_effect(session, item, result)
        await session.flush()
        if item.orders == "half":
            raise ValueError("after the first half")

    await lab.add_pages("whole", "half", "whole")
    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_result)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=1)})
    assert await lab.statuses() == {"Completed": 2, "Error": 1}
    assert await lab.all(select(Effect.page_id).order_by(Effect.page_id)) == [(1,), (3,)]


async def test_a_constraint_that_is_checked_at_the_commit_leaves_neither_effect_nor_status(lab):
    await lab.execute(text("alter table effect add unique (result) deferrable initially deferred"))
    await lab.add_pages("same", "other", "same")
    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_effect)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=1)})
    assert await lab.statuses() == {"Completed": 2, "Error": 1}
    [(apart, _)] = await lab.all(APART)
    assert apart == 0
    assert "duplicate key" in (await lab.scalar(select(Page.error).where(Page.status == "Error")))


async def test_results_are_saved_in_the_order_of_the_settle_and_each_once(lab):
    saved = []

    async def save_result(session, item, result):
        saved.append(item.id)
        await save_effect(session, item, result)

    await lab.add_pages(*["ok"] * 50)
    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_result)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(batch_size=50, concurrency=50)})
    assert sorted(saved) == list(range(1, 51))
