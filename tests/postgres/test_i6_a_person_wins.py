"""I6: only the transitions of `states.py` happen, and a person's change always wins over the machine's."""

from datetime import timedelta
from uuid import uuid4

import pytest
from lab.plugins import Stage, plugin_of, return_orders, save_effect
from lab.tables import WORDS, Contact, Effect, Page, pages_workflow, quick
from sqlalchemy import delete, func, select, text

from curation_core import Fail, Retry, Skip, Transition
from curation_core._sql.cursor import Cursor
from curation_core._store.claiming import Limits

WANTED = Page.curation == "Selected"
LATER = timedelta(hours=1)
ENDINGS = {
    "done": "ok",
    "skip": Skip("nothing to do", result="found all the same"),
    "fail": Fail("no", result="so far"),
    "retry": Retry(LATER, "not yet", result="so far"),
    "error": ValueError("wrong"),
}

RECORDER = (
    text("create table change (page_id bigint, before text, after text)"),
    text(
        "create function record_change() returns trigger language plpgsql as $$ begin"
        " if old.status is distinct from new.status then"
        " insert into change values (new.id, old.status, new.status); end if; return new; end $$"
    ),
    text("create trigger record_change after update on page for each row execute function record_change()"),
)


@pytest.fixture
async def recorder(lab):
    """Writes down each change of a status, whoever makes it."""
    for statement in RECORDER:
        await lab.execute(statement)


async def changes(lab):
    """Every kind of change of a status that happened."""
    return {(row.before, row.after) for row in await lab.all(text("select distinct before, after from change"))}


@pytest.fixture
async def stage(lab):
    """One row that is on stage in a host whose workflow wants only what a person selected."""
    await lab.add_pages("a")
    return Stage()


def plugins_of(stage, **more):
    return {"pages": plugin_of(pages_workflow(where=WANTED, **more), stage.process_item, save_result=save_effect)}


async def test_only_the_transitions_that_are_written_down_happen(lab, recorder):
    results = {
        "ok": "ok",
        "skip": Skip("nothing"),
        "fail": Fail("no"),
        "retry": Retry(timedelta(0)),
    }

    async def process_item(item, attempt):
        if item.orders == "error":
            raise ValueError("no")
        return "ok" if item.orders == "retry" and attempt.is_last else results[item.orders]

    await lab.add_pages(*[*results, "error"] * 10)
    await lab.add_pages("lost", status="Processing")
    plugins = {"pages": plugin_of(pages_workflow(), process_item, save_result=save_effect)}
    await lab.until_idle(plugins, policies={"pages": quick(max_attempts=2)})
    allowed = {(WORDS.word(each.source), WORDS.word(each.target)) for each in Transition}
    assert await changes(lab) == allowed
    assert (await lab.page(51)).status == "Processing", "a row in Processing that nobody claimed is nobody's"


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("word", ["Completed", "Error", "Not a Fit", None])
async def test_a_status_that_a_person_set_while_the_row_ran_stays(lab, stage, recorder, ending, word):
    async with lab.host(plugins_of(stage), policies={"pages": quick()}) as engine:
        await stage.arrival("[1]")
        await lab.set_page(1, status=word, error="set by a person")
        stage.release("[1]", ENDINGS[ending])
        await lab.eventually(lambda: engine.counts["pages"].get("overruled"))
        row = await lab.page(1)
        assert (row.status, row.error) == (word, "set by a person")
        assert await lab.scalar(select(func.count()).select_from(Effect)) == 0
        assert await lab.claims() == {}
        assert await lab.outcomes() == ["overruled"]
    assert await changes(lab) == {("Queued", "Processing"), ("Processing", word)}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_row_that_was_deleted_while_it_ran_stays_deleted(lab, stage, ending):
    async with lab.host(plugins_of(stage), policies={"pages": quick()}) as engine:
        await stage.arrival("[1]")
        await lab.execute(delete(Page))
        stage.release("[1]", ENDINGS[ending])
        await lab.eventually(lambda: engine.counts["pages"].get("overruled"))
    assert await lab.page(1) is None
    assert await lab.scalar(select(func.count()).select_from(Effect)) == 0
    assert await lab.claims() == {}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_row_that_was_queued_again_while_it_ran_runs_again_and_keeps_nothing_of_the_first_run(
    lab, stage, ending
):
    async with lab.host(plugins_of(stage), policies={"pages": quick()}) as engine:
        await stage.arrival("[1]")
        await lab.set_page(1, status="Queued", orders="corrected")
        assert (await lab.claims())["[1]"].worker is not None, "its live claim keeps other hosts off"
        stage.release("[1]", ENDINGS[ending])
        await lab.eventually(lambda: engine.counts["pages"].get("overruled"))
        assert (await stage.arrival("[1]")).number == 1
        stage.release("[1]", "second")
        await lab.eventually(lambda: engine.counts["pages"].get("done"))
    assert (await lab.page(1)).status == "Completed"
    assert await lab.all(select(Effect.result)) == [("second",)]
    assert await lab.outcomes() == ["overruled", "done"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("choice", ["Not a Fit", None])
async def test_a_row_that_is_no_longer_wanted_goes_back_to_queued_without_effects(lab, stage, recorder, ending, choice):
    async with lab.host(plugins_of(stage), policies={"pages": quick()}) as engine:
        await stage.arrival("[1]")
        await lab.set_page(1, curation=choice)
        stage.release("[1]", ENDINGS[ending])
        await lab.eventually(lambda: engine.counts["pages"].get("overruled"))
        row = await lab.page(1)
        assert (row.status, row.error) == ("Queued", None)
        assert await lab.scalar(select(func.count()).select_from(Effect)) == 0
        assert await lab.claims() == {}
        await lab.set_page(1, curation="Selected")
        await lab.wake()
        assert (await stage.arrival("[1]")).number == 1
        stage.release("[1]", "wanted again")
        await lab.eventually(lambda: engine.counts["pages"].get("done"))
    assert await lab.all(select(Effect.result)) == [("wanted again",)]
    assert await changes(lab) == {("Queued", "Processing"), ("Processing", "Queued"), ("Processing", "Completed")}


@pytest.mark.parametrize("statement", ["set to done", "no longer wanted", "deleted"])
async def test_the_wait_of_a_row_that_a_person_moved_is_dropped_by_the_sweep(lab, stage, statement):
    await lab.make_clock()
    async with lab.host(plugins_of(stage), policies={"pages": quick()}):
        await stage.arrival("[1]")
        stage.release("[1]", Retry(timedelta(seconds=10), "not yet"))
        await lab.eventually(lab.waiting)
        match statement:
            case "set to done":
                await lab.set_page(1, status="Completed")
            case "no longer wanted":
                await lab.set_page(1, curation="Not a Fit")
            case "deleted":
                await lab.execute(delete(Page))
        await lab.move_clock(seconds=11)
        await lab.eventually(lambda: lab.scalar(select(func.count() == 0).select_from(lab.ledger.claim)))
    assert await lab.outcomes() == ["retry"]
    assert stage.on_stage == {}, "nor was it run"


async def test_a_rescue_leaves_a_row_alone_that_a_person_moved(lab):
    await lab.add_pages("a", "b", "c")
    async with lab.settling(pages_workflow()) as (store, rows, _):
        assert len((await store.claims(rows, uuid4(), Limits()).fresh(10, Cursor())).claims) == 3
    await lab.set_page(1, status="Not a Fit")
    await lab.set_page(2, curation="Not a Fit")
    await lab.execute(delete(Page).where(Page.id == 3))
    stage = Stage()
    async with lab.host(plugins_of(stage), policies={"pages": quick()}):
        await lab.eventually(lambda: lab.scalar(select(func.count() == 0).select_from(lab.ledger.claim)))
    assert [(await lab.page(number)).status for number in (1, 2)] == ["Not a Fit", "Queued"]
    assert stage.on_stage == {}


async def test_a_person_who_holds_a_rows_lock_keeps_the_claim_off_and_nobody_waits(lab, stage):
    await lab.add_pages("b")
    async with lab.transaction() as person:
        await person.execute(text("select * from page where id = 1 for update"))
        async with lab.host(plugins_of(stage), policies={"pages": quick()}) as engine:
            await stage.arrival("[2]")
            stage.release("[2]")
            await lab.eventually(lambda: engine.counts["pages"].get("done"))
            assert (await lab.page(1)).status == "Queued"


async def test_a_person_with_an_uncommitted_child_row_does_not_keep_the_claim_off(lab, stage):
    async with lab.transaction() as person:
        await person.execute(text("insert into contact (page_id) values (1)"))
        async with lab.host(plugins_of(stage), policies={"pages": quick()}) as engine:
            await stage.arrival("[1]")
            stage.release("[1]")
            await lab.eventually(lambda: engine.counts["pages"].get("done"))


async def test_a_change_that_a_person_has_not_committed_yet_wins_when_it_is(lab, stage):
    """The settle waits for the person, and then finds the row moved."""
    async with lab.host(plugins_of(stage), policies={"pages": quick()}) as engine:
        await stage.arrival("[1]")
        async with lab.transaction() as person:
            await person.execute(text("update page set status = 'Not a Fit' where id = 1"))
            stage.release("[1]", "too late")
            blocked = text("select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock'")
            await lab.eventually(lambda: lab.scalar(blocked))
        await lab.eventually(lambda: engine.counts["pages"].get("overruled"))
    assert (await lab.page(1)).status == "Not a Fit"
    assert await lab.scalar(select(func.count()).select_from(Effect)) == 0


async def test_a_row_that_was_queued_again_under_an_older_snapshot_of_a_claimer_stays_queued(lab, stage):
    """The claim row first, the status second: another's live claim may be younger than what a claimer sees."""
    async with lab.host(plugins_of(stage), policies={"pages": quick()}) as engine:
        await stage.arrival("[1]")
        await lab.set_page(1, status="Queued")
        async with lab.settling(pages_workflow()) as (store, rows, _):
            window = await store.claims(rows, uuid4(), Limits()).fresh(10, Cursor())
        assert window.claims == []
        assert (await lab.page(1)).status == "Queued"
        stage.release("[1]")
        await lab.eventually(lambda: engine.counts["pages"].get("overruled"))


@pytest.mark.parametrize("kind", ["exists", "scalar", "in"])
async def test_a_condition_that_asks_another_table_holds_at_claim_and_settle(lab, kind):
    has = select(Contact.id).where(Contact.id == Page.id)
    where = {
        "exists": has.exists(),
        "scalar": has.scalar_subquery() == Page.id,
        "in": Page.id.in_(select(Contact.id)),
    }[kind]
    await lab.add_pages("ok", "ok")
    await lab.execute(text("insert into contact (id, status) overriding system value values (2, 'New')"))
    plugin = plugin_of(pages_workflow(where=where), return_orders, save_result=save_effect)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick()}, deadline=8)
    assert await lab.statuses() == {"Queued": 1, "Completed": 1}
    assert await lab.all(text("select page_id from effect")) == [(2,)]
