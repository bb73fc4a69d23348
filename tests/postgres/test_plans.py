"""What a claim and a settle cost does not depend on how many rows there are, wait, or were there once."""

import pytest
from lab.plans import examiner
from lab.tables import pages_workflow
from sqlalchemy import text

from curation_core import Role
from curation_core._sql import claim, rescue, settle
from curation_core._sql.cursor import Cursor

ROWS, BATCH = 100_000, 100
WORKER = "00000000-0000-0000-0000-000000000001"
PAGES_PER_ROW = 40  # of 8 kB, at most: index and heap of the row, of its claim, and of their new versions

FILL = text(
    "insert into page (status, orders, updated_at) "
    "select 'Queued', repeat('x', 200), now() - n * interval '1 second' from generate_series(1, :rows) n"
)
INDEX = text("create index page_queued on page (updated_at, id) where status = 'Queued'")
LIVE = text(
    "insert into curation.claim (workflow, item, token, queueing, worker, attempt, claimed_at) select 'pages', "
    "jsonb_build_array(id)::text, id, id, cast(:worker as uuid), 1, now() from page where id % 1000 = 0"
)
RUNNING = text("update page set status = 'Processing' where id % 1000 = 0")
WAITING = text(
    "insert into curation.claim (workflow, item, token, queueing, attempt, claimed_at, retry_at) select 'pages', "
    "jsonb_build_array(id)::text, id, id, 1, now(), now() + id * interval '1 minute' - interval '1 day' "
    "from page where id % 1000 <> 0 and id <= :rows"
)


async def filled(lab, waiting):
    await lab.execute(text("alter table curation.claim set (autovacuum_enabled = false)"))
    await lab.execute(FILL, {"rows": ROWS})
    await lab.execute(INDEX)
    await lab.execute(WAITING, {"rows": waiting})


async def few(lab):
    """An empty claim table, never filled, that the planner knows nothing of."""
    await filled(lab, 0)


async def full(lab):
    """Every row waits for its next attempt: they stand at the head of the order, and none is to be had there."""
    await filled(lab, ROWS)


async def bloated(lab):
    """A claim table through which a hundred thousand claims have gone, its dead rows not yet removed."""
    await filled(lab, ROWS)
    await lab.execute(text("delete from curation.claim"))


async def believed_empty(lab):
    """Statistics that were gathered when there was nothing, and a table that has grown since."""
    await lab.execute(text("analyze page"))
    await lab.execute(text("analyze curation.claim"))
    await filled(lab, 5000)


async def well_known(lab):
    """Statistics of today."""
    await filled(lab, 5000)
    await lab.execute(text("analyze page"))
    await lab.execute(text("analyze curation.claim"))


@pytest.mark.parametrize("state", [few, full, bloated, believed_empty, well_known])
async def test_no_statement_of_claim_and_settle_goes_through_a_whole_table(lab, state):
    await state(lab)
    await lab.execute(LIVE, {"worker": WORKER})
    await lab.execute(RUNNING)
    async with lab.settling(pages_workflow()) as (store, rows, _), examiner(store.engine) as examine:
        ledger, now = store.ledger, store.now
        behind = Cursor(0, (str(await lab.scalar(text("select updated_at from page where id = 50000"))), "50000"))
        items = [f"[{number}]" for number in range(1000, ROWS + 1, 1000)]
        tokens = list(range(1000, ROWS + 1, 1000))
        held = {"worker": WORKER, "item": items, "token": tokens}
        change = {item: {"wait": 1.0, "error": "no", "charge": 0, "lost": 0} for item in items}
        runs = {
            "fresh, behind": await examine(
                claim.claim_fresh(rows, ledger, now, behind),
                worker=WORKER,
                limit=BATCH,
                after_0=behind.after[0],
                after_1=behind.after[1],
            ),
            "fresh, from the start": await examine(
                claim.claim_fresh(rows, ledger, now, Cursor()), worker=WORKER, limit=BATCH
            ),
            "due": await examine(claim.claim_due(rows, ledger, now), worker=WORKER, limit=BATCH),
            "drop": await examine(settle.drop_if_held(rows, ledger), **held),
            "rearm": await examine(settle.rearm_if_held(rows, ledger, now), **held, change=change),
            "move": await examine(settle.move_if_processing(rows, Role.COMPLETED, with_error=False), item=items),
            "move with error": await examine(
                settle.move_if_processing(rows, Role.FAILED, with_error=True),
                item=items,
                error=dict.fromkeys(items, "no"),
            ),
            "give back": await examine(settle.give_back_unwanted(rows), item=items),
            "drop waiting": await examine(settle.drop_waiting(rows, ledger), item=items),
        }
        for name, run in runs.items():
            assert not run.reads_all_of("page"), (name, run)
            assert not run.reads_all_of("claim"), (name, run)
            assert run.buffers < BATCH * PAGES_PER_ROW, (name, run)
        assert ("Index Scan", "page_queued") in runs["fresh, behind"].scans
        assert ("Index Scan", "page_queued") in runs["fresh, from the start"].scans
        assert {runs[name].rows for name in ("drop", "rearm", "move", "move with error")} == {BATCH}
        for name in ("drop", "rearm", "drop waiting"):
            assert ("Index Scan", "claim_waiting") not in runs[name].scans, f"{name} looks at every row that waits"
        lost = await examine(rescue.lock_lost(rows, ledger, now), limit=BATCH)
        assert lost.rows == BATCH, "the worker is not in the list"
        assert not lost.reads_all_of("claim")
