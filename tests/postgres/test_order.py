"""Rows are claimed in the order of the workflow, whatever its columns, and none is passed over for ever."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab.matrix import model_of
from lab.plugins import Stage, plugin_of
from lab.tables import WORDS, Page, pages_workflow, quick
from sqlalchemy import Column, Double, Integer, Text, delete, insert, select, text, update

from curation_core import Workflow
from curation_core._sql.cursor import Cursor
from curation_core._store.claiming import Limits

ITEM = model_of(
    "thing",
    Column("id", Integer, primary_key=True),
    Column("rank", Integer),
    Column("name", Text),
    Column("weight", Double, nullable=False),
)
ORDERS = {
    "the key alone": (),
    "the key, downwards": (ITEM.id.desc(),),
    "a number that may be null": (ITEM.rank,),
    "a number that may be null, downwards": (ITEM.rank.desc(),),
    "two that may be null": (ITEM.rank, ITEM.name),
    "two that may be null, both downwards": (ITEM.rank.desc(), ITEM.name.desc()),
    "two, one downwards": (ITEM.rank.desc(), ITEM.name),
    "two, the other downwards": (ITEM.rank, ITEM.name.desc()),
    "never null, then nulls": (ITEM.weight, ITEM.rank),
    "never null downwards, then the key downwards": (ITEM.weight.desc(), ITEM.id.desc()),
    "three": (ITEM.name, ITEM.weight.desc(), ITEM.rank.desc(), ITEM.id.desc()),
}
ROW = st.tuples(
    st.none() | st.integers(-2, 2),
    st.none() | st.sampled_from(["", "a", "B", "ä", "a b", "'", "\\", "🦄"]),
    st.sampled_from([0.0, 0.1, -1.5, 1e300, float("inf"), float("nan")]),
)


@pytest.mark.parametrize("kind", ORDERS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=12), limit=st.integers(1, 5))
async def test_window_after_window_goes_through_the_whole_order(lab, kind, rows, limit):
    """Every claimed row is queued again behind the cursor at once: a cursor too low would bring it a second time."""
    table, workflow = ITEM.__table__, Workflow(status=ITEM.status, states=WORDS, order_by=ORDERS[kind])
    await lab.create(table.metadata)
    await lab.execute(delete(table))
    named = [dict(zip(("rank", "name", "weight"), row, strict=True)) for row in rows]
    if named:
        await lab.execute(insert(table), [{"id": at, "status": "Queued", **row} for at, row in enumerate(named)])
    expected = [item.id for item in await lab.all(select(table.c.id).order_by(*ORDERS[kind], table.c.id))]
    seen, cursor = [], Cursor()
    async with lab.settling(workflow, "things") as (store, described, _):
        claims = store.claims(described, uuid4(), Limits())
        while cursor is not None:
            window = await claims.fresh(limit, cursor)
            cursor = window.cursor
            ids = {claim.row.id for claim in window.claims}
            seen += [number for number in expected if number in ids]
            await lab.execute(update(table).values(status="Queued"))
            await lab.execute(delete(lab.ledger.claim))
            assert len(seen) <= len(expected), "a row came twice"
    assert seen == expected


async def test_rows_that_come_in_ahead_of_the_cursor_are_found(lab):
    """The oldest row is added last, while the host's cursor stands at the end."""
    stage = Stage()
    await lab.add_pages(*["ok"] * 3)
    async with lab.host({"pages": plugin_of(pages_workflow(), stage.process_item)}, policies={"pages": quick()}):
        await stage.arrival("[1]", "[2]", "[3]")
        old = Page.updated_at - timedelta(days=1)
        await lab.add_pages("old")
        await lab.execute(update(Page).where(Page.id == 4).values(updated_at=old))
        await lab.wake()
        await stage.arrival("[4]")


async def test_rows_without_a_value_in_the_order_are_found_and_come_last(lab):
    model = model_of("thing", Column("id", Integer, primary_key=True), Column("rank", Integer))
    await lab.create(model.metadata)
    rows = [{"id": at, "rank": None if at < 5 else at, "status": "Queued"} for at in range(10)]
    await lab.execute(insert(model.__table__), rows)
    seen = []

    async def process_item(item):
        seen.append(item.id)

    workflow = Workflow(status=model.status, states=WORDS, order_by=(model.rank,))
    policies = {"things": quick(batch_size=2, concurrency=1)}
    await lab.until_idle({"things": plugin_of(workflow, process_item)}, policies=policies)
    assert seen == [5, 6, 7, 8, 9, 0, 1, 2, 3, 4]


async def test_the_first_in_the_order_is_worked_first(lab):
    seen = []

    async def process_item(item):
        seen.append(item.id)

    await lab.add_pages(*["ok"] * 10)
    await lab.execute(text("update page set updated_at = now() - id * interval '1 day'"))
    policies = {"pages": quick(batch_size=3, concurrency=1)}
    await lab.until_idle({"pages": plugin_of(pages_workflow(), process_item)}, policies=policies)
    assert seen == list(range(10, 0, -1))


async def test_a_row_that_was_locked_when_the_cursor_passed_it_is_found_later(lab):
    stage = Stage()
    await lab.add_pages(*["ok"] * 5)
    async with lab.transaction() as person:
        await person.execute(text("select from page where id = 2 for update"))
        plugins = {"pages": plugin_of(pages_workflow(), stage.process_item)}
        async with lab.host(plugins, policies={"pages": quick()}):
            await stage.arrival("[1]", "[3]", "[4]", "[5]")
            assert "[2]" not in stage.on_stage
            await person.rollback()
            await lab.wake()
            await stage.arrival("[2]")


async def test_a_row_that_is_queued_while_its_old_wait_stands_is_worked_when_that_is_over(lab):
    """Rows that wait stay queued at the head of the order; the cursor passes them, the due claim finds them."""
    await lab.make_clock()
    stage = Stage()
    await lab.add_pages(*["ok"] * 3)
    await lab.execute(
        text(
            "insert into curation.claim (workflow, item, token, queueing, attempt, claimed_at, retry_at) "
            "select 'pages', jsonb_build_array(id)::text, nextval('curation.claim_token'), 7, 1, now(), "
            "now() + interval '1 hour' from page where id < 3"
        )
    )
    async with lab.host({"pages": plugin_of(pages_workflow(), stage.process_item)}, policies={"pages": quick()}):
        await stage.arrival("[3]")
        assert list(stage.on_stage) == ["[3]"]
    await lab.move_clock(hours=2)
    async with lab.host({"pages": plugin_of(pages_workflow(), stage.process_item)}, policies={"pages": quick()}):
        attempt = await stage.arrival("[1]", "[2]")
        assert (attempt.number, attempt.idempotency_key) == (2, "pages:[1]:7")
