"""I8 for rows: one that the table does not let be claimed keeps no other from being claimed."""

import random
import string

import pytest
from lab.matrix import model_of
from lab.plugins import plugin_of, return_orders
from lab.tables import WORDS, Page, pages_workflow, quick
from sqlalchemy import Column, Text, insert, select, text

from curation_core import Workflow

REFUSE = text(
    "create function refuse() returns trigger language plpgsql as $$ begin "
    "if new.status = 'Processing' and new.orders = 'poison' then raise exception 'not this one'; end if; "
    "return null; end $$"
)
POISON = {
    "a check": [text("alter table page add check (status <> 'Processing' or orders <> 'poison')")],
    "a trigger at the commit": [
        REFUSE,
        text(
            "create constraint trigger refusal after update on page deferrable initially deferred "
            "for each row execute function refuse()"
        ),
    ],
}


@pytest.mark.parametrize("kind", POISON)
async def test_a_row_that_the_table_does_not_let_be_claimed_keeps_no_other_off(lab, kind, caplog):
    for statement in POISON[kind]:
        await lab.execute(statement)
    await lab.add_pages("fine", "poison", "fine")
    async with lab.host({"pages": plugin_of(pages_workflow(), return_orders)}, policies={"pages": quick()}):
        await lab.eventually(lambda: completed(lab, 2))
    assert await lab.all(select(Page.status).order_by(Page.id)) == [("Completed",), ("Queued",), ("Completed",)]
    assert len([line for line in caplog.messages if line.startswith("pages: [2] can't be claimed")]) == 1


async def test_a_row_that_fell_due_and_can_not_be_claimed_keeps_no_other_off(lab):
    for statement in POISON["a check"]:
        await lab.execute(statement)
    await lab.add_pages("fine", "poison", "fine")
    claim = lab.ledger.claim
    names = ("workflow", "item", "token", "queueing", "attempt", "claimed_at", "retry_at")
    values = (("pages", f"[{number}]", number, number, 1, text("now()"), text("now()")) for number in (1, 2, 3))
    for each in values:
        await lab.execute(insert(claim).values(dict(zip(names, each, strict=True))))
    async with lab.host({"pages": plugin_of(pages_workflow(), return_orders)}, policies={"pages": quick()}):
        await lab.eventually(lambda: completed(lab, 2))


async def test_a_row_that_was_refused_is_claimed_when_the_table_lets_it(lab):
    """Nobody says so: no row is written, and no clock strikes."""
    refusal = text("alter table page add constraint clean check (status <> 'Processing' or orders <> 'poison')")
    await lab.execute(refusal)
    await lab.add_pages("fine", "poison", "fine")
    async with lab.host({"pages": plugin_of(pages_workflow(), return_orders)}, policies={"pages": quick()}) as engine:
        await lab.eventually(lambda: completed(lab, 2))
        await lab.eventually(lambda: not engine._shift.busy)  # noqa: SLF001 - the end of the look, and no other event
        await lab.execute(text("alter table page drop constraint clean"))
        await lab.eventually(lambda: completed(lab, 3), deadline=40)


async def test_a_unique_index_over_what_is_processed_lets_one_row_after_the_other_through(lab):
    """One page of a site at a time, as a user's database says it."""
    await lab.execute(text("create unique index on page (orders) where status = 'Processing'"))
    await lab.add_pages("one.example", "one.example", "other.example", "one.example")
    await lab.until_idle({"pages": plugin_of(pages_workflow(), return_orders)}, policies={"pages": quick()})
    assert await lab.statuses() == {"Completed": 4}


async def test_a_key_that_just_fits_its_own_index_keeps_no_other_row_off(lab):
    model = model_of("thing", Column("key", Text, primary_key=True))
    await lab.create(model.metadata)
    long = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=2690))  # noqa: S311 - hard to compress
    await lab.execute(insert(model.__table__), [{"key": key, "status": "Queued"} for key in (long, "short")])
    plugin = plugin_of(Workflow(status=model.status, error=model.error, states=WORDS), return_orders)
    async with lab.host({"items": plugin}, policies={"items": quick()}):
        await lab.eventually(lambda: short_is_done(lab, model))


async def completed(lab, number):
    return (await lab.statuses()).get("Completed") == number


async def short_is_done(lab, model):
    return await lab.statuses(model) == {"Queued": 1, "Completed": 1}
