"""I10: of a user's row the engine writes the status and the error, whatever else the model would do at an update."""

from datetime import UTC, datetime

import pytest
from lab.matrix import ORDERS, model_of, work_everything
from lab.plugins import Stage, plugin_of
from lab.tables import WORDS, quick
from sqlalchemy import Column, DateTime, Integer, Text, func, insert, select, text

from curation_core import Workflow

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ROWS = [{"id": number, "touched_at": LONG_AGO} for number in range(1, len(ORDERS) + 1)]


def python_says():
    return datetime(1999, 9, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "onupdate", [func.now(), python_says, LONG_AGO.replace(year=1999)], ids=["sql", "python", "value"]
)
async def test_a_columns_onupdate_is_the_applications_and_not_the_engines(lab, onupdate):
    model = model_of(
        "thing",
        Column("id", Integer, primary_key=True),
        Column("touched_at", DateTime(timezone=True), onupdate=onupdate),
    )
    await work_everything(lab, model, ROWS, order_by=(model.touched_at,))
    assert set(await lab.all(select(model.touched_at))) == {(LONG_AGO,)}


@pytest.mark.parametrize("nullable", [True, False])
async def test_a_claim_does_not_empty_a_column_that_has_a_python_onupdate(lab, nullable):
    touched_at = Column("touched_at", DateTime(timezone=True), onupdate=python_says, nullable=nullable)
    model = model_of("thing", Column("id", Integer, primary_key=True), touched_at)
    await lab.create(model.metadata)
    await lab.execute(insert(model.__table__), [{"id": 1, "status": "Queued", "touched_at": LONG_AGO}])
    stage = Stage()
    workflow = Workflow(status=model.status, states=WORDS)
    async with lab.host({"items": plugin_of(workflow, stage.process_item)}, policies={"items": quick()}):
        await stage.arrival("[1]")
        assert await lab.all(select(model.touched_at)) == [(LONG_AGO,)]


async def test_a_trigger_that_touches_the_order_at_each_update_disturbs_nothing(lab):
    """As many applications keep their `updated_at`; the workflow's order is by that very column."""
    model = model_of(
        "thing", Column("id", Integer, primary_key=True), Column("touched_at", DateTime(timezone=True), nullable=False)
    )
    await lab.create(model.metadata)
    await lab.execute(
        text(
            "create function touch() returns trigger language plpgsql as "
            "$$ begin new.touched_at = clock_timestamp(); return new; end $$"
        )
    )
    await lab.execute(text("create trigger touch before update on thing for each row execute function touch()"))
    await work_everything(lab, model, ROWS, order_by=(model.touched_at,))


async def test_a_trigger_that_changes_the_status_itself_is_obeyed(lab):
    """What the application turns *Completed* into is the application's word."""
    model = model_of("thing", Column("id", Integer, primary_key=True), Column("note", Text))
    await lab.create(model.metadata)
    await lab.execute(
        text(
            "create function review() returns trigger language plpgsql as "
            "$$ begin if new.status = 'Completed' then new.note = 'seen'; end if; return new; end $$"
        )
    )
    await lab.execute(text("create trigger review before update on thing for each row execute function review()"))
    await work_everything(lab, model, [{"id": number} for number in range(1, len(ORDERS) + 1)])
    assert {row.note for row in await lab.all(select(model.note).where(model.status == "Completed"))} == {"seen"}
