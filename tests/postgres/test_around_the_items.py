"""What goes on around the items: observers, lifespans, the history, who runs and who does not."""

from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from lab.laboratory import BRISK
from lab.plugins import Stage, plugin_of, return_orders, save_effect
from lab.tables import Contact, Page, contacts_workflow, pages_workflow, quick
from sqlalchemy import func, insert, select, text, update

from curation_core import Done, Fail, Pause, Retry, Skip
from curation_core._rescuer import Rescuer
from curation_core._sql.cursor import Cursor
from curation_core._store.claiming import Limits
from curation_core.errors import UnknownWorkflow
from curation_core.host import Observers
from curation_core.ledger import migrate

OUTCOMES = {
    "done": Done("result", note="well"),
    "skip": Skip("nothing"),
    "fail": Fail("no"),
    "retry": Retry(timedelta(hours=1), "later"),
    "pause": Pause(timedelta(minutes=5), "quota"),
}


def watcher():
    """A list, and the hooks that write into it."""
    seen = []

    def on_claimed(workflow, items):
        seen.append(("claimed", workflow, items))

    def on_settled(workflow, item, outcome, reason, attempt, seconds):
        assert seconds >= 0
        seen.append(("settled", workflow, item, outcome, reason, attempt))

    def on_rescued(workflow, item, outcome, reason):
        seen.append(("rescued", workflow, item, outcome, reason[:7]))

    def on_paused(workflow, seconds, reason):
        seen.append(("paused", workflow, seconds, reason))

    return seen, {"on_claimed": on_claimed, "on_settled": on_settled, "on_rescued": on_rescued, "on_paused": on_paused}


async def test_observers_hear_of_every_end_after_its_commit(lab):
    seen, hooks = watcher()

    async def process_item(item):
        return OUTCOMES[item.orders]

    await lab.add_pages(*OUTCOMES)
    plugins = {"pages": plugin_of(pages_workflow(), process_item, **hooks)}
    async with lab.host(plugins, policies={"pages": quick()}) as engine:
        await lab.eventually(lambda: sum(engine.counts.get("pages", {}).values()) == 5)
    assert seen[0] == ("claimed", "pages", 5)
    assert set(seen[1:]) == {
        ("settled", "pages", "[1]", "done", "well", 1),
        ("settled", "pages", "[2]", "skipped", "nothing", 1),
        ("settled", "pages", "[3]", "failed", "no", 1),
        ("settled", "pages", "[4]", "retry", "later", 1),
        ("settled", "pages", "[5]", "paused", "quota", 1),
        ("paused", "pages", 300.0, "quota"),
    }


@pytest.mark.parametrize("fate", ["overruled", "lost", "released"])
async def test_observers_hear_of_what_came_to_nothing_too(lab, fate):
    seen, hooks = watcher()
    stage = Stage()
    await lab.add_pages("ok")
    plugins = {"pages": plugin_of(pages_workflow(), stage.process_item, **hooks)}
    async with lab.host(plugins, policies={"pages": quick()}) as engine:
        await stage.arrival("[1]")
        if fate == "overruled":
            await lab.set_page(1, status="Not a Fit")
        if fate == "lost":
            await lab.execute(text("truncate curation.claim"))
        if fate != "released":
            stage.release("[1]")
            await lab.eventually(lambda: engine.counts["pages"])
    assert next(one[3] for one in seen if one[0] == "settled") == fate


async def test_observers_hear_of_a_rescue_in_the_host_that_made_it(lab):
    seen, hooks = watcher()
    await lab.add_pages("ok", "ok")
    async with lab.settling(pages_workflow()) as (store, rows, _):
        claims = store.claims(rows, uuid4(), Limits())
        assert len((await claims.fresh(10, Cursor())).claims) == 2
    await lab.execute(update(lab.ledger.claim).where(lab.ledger.claim.c.item == "[2]").values(lost=2))
    await lab.until_idle({"pages": plugin_of(pages_workflow(), return_orders, **hooks)}, policies={"pages": quick()})
    rescued = {one[1:] for one in seen if one[0] == "rescued"}
    assert rescued == {("pages", "[1]", "retry", "worker "), ("pages", "[2]", "failed", "the wor")}


async def test_a_lifespan_is_entered_before_the_first_claim_and_left_after_the_last_settle(lab):
    happened = []

    @asynccontextmanager
    async def lifespan(settings):
        happened.append(("entered", await lab.statuses()))
        yield "the resources"
        happened.append(("left", await lab.statuses()))

    async def process_item(item, resources):
        return resources

    await lab.add_pages("ok")
    plugin = plugin_of(pages_workflow(), process_item, save_result=save_effect, lifespan=lifespan)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick()})
    assert happened == [("entered", {"Queued": 1}), ("left", {"Completed": 1})]
    assert await lab.scalar(text("select result from effect")) == "the resources"


async def test_a_lifespan_is_not_entered_again_when_the_worker_starts_under_a_new_id(lab):
    entered = []
    stage = Stage()

    @asynccontextmanager
    async def lifespan(settings):
        entered.append(1)
        yield

    await lab.add_pages("ok")
    plugins = {"pages": plugin_of(pages_workflow(), stage.process_item, lifespan=lifespan)}
    brief = {"lost_after": 2, "heartbeat_every": 0.1}
    async with lab.host(plugins, policies={"pages": quick()}, host=brief):
        first = await stage.arrival("[1]")
        await lab.execute(text("truncate curation.claim, curation.worker"))
        await lab.set_page(1, status="Queued")
        await lab.eventually(lambda: stage.on_stage.get("[1]", (first,))[0] is not first)
    assert entered == [1]


async def test_the_history_says_who_when_and_how_long(lab):
    await lab.add_pages("ok")
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    async with lab.host(plugins, policies={"pages": quick()}) as engine:
        worker = await lab.eventually(lambda: lab.scalar(select(lab.ledger.worker.c.id)))
        await lab.eventually(lambda: engine.counts["pages"].get("done"))
    [entry] = await lab.history()
    assert (entry.workflow, entry.item, entry.attempt, entry.worker) == ("pages", "[1]", 1, worker)
    assert entry.claimed_at <= entry.settled_at
    assert 0 <= entry.seconds < 60


async def test_history_is_pruned_by_its_age_and_nothing_younger_with_it(lab):
    await lab.make_clock()
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    await lab.add_pages("old")
    await lab.until_idle(plugins, policies={"pages": quick()})
    await lab.move_clock(days=5)
    await lab.add_pages("young")
    await lab.until_idle(plugins, policies={"pages": quick()})
    await lab.move_clock(days=7)
    async with lab.settling(pages_workflow()) as (store, _, __):
        await Rescuer(store.upkeep(BRISK["lost_after"]), {}, Observers({}), timedelta(days=3)).prune()
    assert [entry.item for entry in await lab.history()] == ["[2]"]


async def test_a_workflow_that_is_not_enabled_is_left_alone_and_one_that_is_named_runs_all_the_same(lab):
    async def nothing(item):
        return None

    await lab.add_pages("ok")
    await lab.execute(insert(Contact).values(status="Queued"))
    plugins = {
        "contacts": plugin_of(contacts_workflow(), nothing),
        "pages": plugin_of(pages_workflow(), return_orders),
    }
    policies = {"contacts": quick(), "pages": quick(enabled=False)}
    await lab.until_idle(plugins, policies=policies)
    assert await lab.statuses() == {"Queued": 1}
    assert await lab.statuses(Contact) == {"Completed": 1}
    await lab.until_idle(plugins, policies=policies, only=["pages"])
    assert await lab.statuses() == {"Completed": 1}


async def test_a_workflow_that_is_not_loaded_can_not_be_run(lab):
    with pytest.raises(UnknownWorkflow, match="no workflow 'page'; did you mean 'pages'"):
        await lab.until_idle({"pages": plugin_of(pages_workflow(), return_orders)}, only=["page"])


async def test_the_list_of_workers_says_who_works_what_and_where(lab):
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    process = await lab.start()
    async with lab.host(plugins, policies={"pages": quick()}):
        both = select(func.count() == 2).select_from(lab.ledger.worker)
        await lab.eventually(lambda: lab.scalar(both))
        rows = await lab.all(select(lab.ledger.worker))
        assert {tuple(row.workflows) for row in rows} == {("pages",)}
        assert process.pid in {row.pid for row in rows}
        assert all(row.host and row.version for row in rows)


async def test_a_ledger_in_a_schema_of_another_name_serves_as_well(lab):
    await migrate.upgrade(lab.engine, "elsewhere")
    await lab.add_pages("ok", "ok")
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    await lab.until_idle(plugins, policies={"pages": quick()}, database={"ledger_schema": "elsewhere"})
    assert await lab.scalar(select(func.count()).where(Page.status == "Completed")) == 2
    assert await lab.history() == []
    assert await lab.scalar(text("select count(*) from elsewhere.attempt")) == 2
