"""I1: at most one live claim for each row of a workflow, whatever the number of hosts."""

import asyncio
from uuid import uuid4

from lab.tables import Effect, Page, pages_workflow
from sqlalchemy import distinct, func, select, text

from curation_core._sql.cursor import Cursor
from curation_core._store.claiming import Limits

ROWS, HOSTS = 20_000, 8


async def test_eight_processes_work_twenty_thousand_rows_and_none_twice(lab, tmp_path):
    """I2 as well: one effect for each completed row."""
    await lab.execute(
        text("insert into page (status, orders) select 'Queued', 'ok' from generate_series(1, :rows)"), {"rows": ROWS}
    )
    await lab.execute(text("create index on page (updated_at, id) where status = 'Queued'"))
    calls = tmp_path / "calls"
    calls.touch()
    policy = {"batch_size": 100, "concurrency": 200}
    starting = [lab.start(policy=policy, calls=str(calls), quiet=True, until_idle=True) for _ in range(HOSTS)]
    hosts = await asyncio.gather(*starting)
    counts = await asyncio.gather(*(host.ended() for host in hosts))

    assert await lab.statuses() == {"Completed": ROWS}
    assert sum(each["pages"].get("done", 0) for each in counts) == ROWS
    assert {outcome for each in counts for outcome in each["pages"]} == {"done"}
    attempt = lab.ledger.attempt
    of_history = select(func.count(), func.count(distinct(attempt.c.item)), func.count(distinct(attempt.c.worker)))
    entries, items, workers = (await lab.all(of_history.where(attempt.c.outcome == "done")))[0]
    assert (entries, items) == (ROWS, ROWS), "exactly one `done` for each row"
    assert workers > 1, "the hosts did it together"
    called = [line.split() for line in calls.read_text().splitlines()]
    assert len(called) == len({item for item, _ in called}) == ROWS, "no call to the outside was made twice"
    assert len({pid for _, pid in called}) == workers
    assert await lab.scalar(select(func.count()).select_from(Effect)) == ROWS
    assert await lab.claims() == {}


async def test_claimers_at_once_share_the_rows_and_no_row_is_shared(lab):
    """Many claims on one instant, statement against statement."""
    await lab.add_pages(*["ok"] * 300)
    async with lab.settling(pages_workflow()) as (store, rows, _):

        async def claim_some():
            claims = store.claims(rows, uuid4(), Limits())
            window = await claims.fresh(7, Cursor())
            return [claim.item for claim in window.claims]

        won = [item for items in await asyncio.gather(*(claim_some() for _ in range(60))) for item in items]
    assert len(won) == len(set(won))
    live = await lab.claims()
    assert set(won) == set(live)
    assert await lab.scalar(select(func.count()).where(Page.status == "Processing")) == len(won)


async def test_claimers_at_once_share_the_rows_that_fell_due(lab):
    await lab.add_pages(*["ok"] * 100)
    await lab.execute(
        text(
            "insert into curation.claim (workflow, item, token, queueing, attempt, claimed_at, retry_at) "
            "select 'pages', jsonb_build_array(id)::text, nextval('curation.claim_token'), 0, 1, now(), now() from page"
        )
    )
    async with lab.settling(pages_workflow()) as (store, rows, _):
        due = await asyncio.gather(*(store.claims(rows, uuid4(), Limits()).due(7) for _ in range(40)))
    won = [claim.item for claims in due for claim in claims]
    assert len(won) == len(set(won))
    assert {claim.attempt for claims in due for claim in claims} == {2}
    live = [item for item, claim in (await lab.claims()).items() if claim.worker is not None]
    assert sorted(live) == sorted(won)
    assert await lab.scalar(select(func.count()).where(Page.status == "Processing")) == len(won)


async def test_a_claimer_and_people_who_queue_rows_again_at_the_same_time_make_no_second_claim(lab):
    """The claim table decides, not the status: rows come back to queued under their live claims."""
    await lab.add_pages(*["ok"] * 50)
    async with lab.settling(pages_workflow()) as (store, rows, _):
        claimers = [store.claims(rows, uuid4(), Limits()) for _ in range(6)]
        won = []
        for _ in range(5):
            requeue = lab.execute(text("update page set status = 'Queued' where status = 'Processing'"))
            *windows, _ = await asyncio.gather(*(claimer.fresh(20, Cursor()) for claimer in claimers), requeue)
            won += [claim.item for window in windows for claim in window.claims]
    assert len(won) == len(set(won)) <= 50
    assert set(won) == set(await lab.claims())
