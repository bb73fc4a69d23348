"""I5: an item that kills its process is quarantined, and what only shared a process with it is not charged to death."""

from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from lab.plugins import plugin_of, return_orders
from lab.tables import Page, pages_workflow, quick
from sqlalchemy import func, select, text

GROUP = {"concurrency": 12, "batch_size": 12, "max_attempts": 9, "every": 0.2}

WORKER = text(
    "insert into curation.worker values (:id, 'h', 1, '', '{}', now(), now() - cast(:silent as interval), '15 s')"
)
LOST_TWICE = text(
    "insert into curation.claim (workflow, item, token, queueing, worker, attempt, lost, claimed_at) "
    "values ('pages', '[1]', 1, 1, :worker, 3, 2, now())"
)


async def work_until_it_lives(lab, deaths=12):
    """Start a host again and again, as a supervisor would, until one of them comes to its end. Returns the starts."""
    for start in range(1, deaths + 1):
        host = await lab.start(policy=GROUP, until_idle=True)
        await host.process.wait()
        await lab.silence_workers()
        if host.process.returncode == 0:
            return start
    raise AssertionError(deaths)


async def losses(lab):
    """How often each item was lost, by the history."""
    return Counter(row.item for row in await lab.history() if row.outcome == "lost")


async def test_one_item_that_kills_its_process_is_failed_after_three_deaths_and_all_others_complete(lab):
    await lab.add_pages(*["ok"] * 5, "crash", *["ok"] * 14)
    assert await work_until_it_lives(lab) == 4
    assert await lab.statuses() == {"Completed": 19, "Error": 1}
    culprit = await lab.page(6)
    assert culprit.status == "Error"
    assert culprit.error.startswith("the worker died 3 times while holding this item")
    lost = await losses(lab)
    assert lost.pop("[6]") == 3
    assert max(lost.values(), default=0) <= 2
    assert await lab.scalar(text("select count(*) = 19 from effect"))


async def test_several_culprits_are_found_and_nobody_else_is_taken_for_one(lab):
    await lab.add_pages(*(["ok"] * 4 + ["crash"]) * 3)
    await work_until_it_lives(lab)
    failed = await lab.all(select(Page.id).where(Page.status == "Error").order_by(Page.id))
    assert [row.id for row in failed] == [5, 10, 15]
    assert await lab.statuses() == {"Completed": 12, "Error": 3}
    assert await lab.scalar(select(func.max(Page.error)).where(Page.status == "Completed")) is None


async def test_a_suspect_runs_alone_and_then_the_others_go_on(lab):
    """It was lost twice with workers that were killed from outside, and is innocent."""
    await lab.add_pages("hold", *["ok"] * 30)
    await lab.execute(
        text(
            "insert into curation.claim (workflow, item, token, queueing, attempt, lost, claimed_at, retry_at) "
            "values ('pages', '[1]', 1, 1, 2, 2, now(), now())"
        )
    )
    host = await lab.start(policy=GROUP)
    await host.said("started [1]")
    await lab.add_pages(*["ok"] * 5)
    await lab.wake()
    assert await lab.scalar(text("select count(*) = 1 from curation.claim where worker is not null"))
    host.tell("release [1]")
    await host.said("settled [1] done")
    await lab.eventually(lambda: lab.scalar(text("select count(*) = 36 from page where status = 'Completed'")))


@pytest.mark.parametrize(
    ("successor", "status"),
    [("heard of", "Completed"), ("silent too", "Error"), ("another process's", "Error")],
)
async def test_rows_of_a_process_that_was_cut_off_and_lives_on_are_not_suspected(lab, successor, status):
    """An outage takes the rows of all hosts at once; nothing about a row was the reason."""
    await lab.add_pages("ok", status="Processing")
    process, another = uuid4().bytes[:8], uuid4().bytes[:8]
    before = UUID(bytes=process + bytes(8), version=4)
    now = UUID(bytes=(another if successor == "another process's" else process) + bytes(7) + b"1", version=4)
    for worker, silent in ((before, timedelta(hours=1)), (now, timedelta(minutes=30 * (successor == "silent too")))):
        await lab.execute(WORKER, {"id": worker, "silent": silent})
    await lab.execute(LOST_TWICE, {"worker": before})
    plugin = plugin_of(pages_workflow(), return_orders)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=9)})
    assert (await lab.page(1)).status == status
    assert ("its process was cut off" in (await lab.history("[1]"))[0].reason) == (successor == "heard of")
