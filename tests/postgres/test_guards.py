"""Each guard of the protocol by itself: what it lets through, and what it does not.

Statement against statement, where a whole engine would need luck to come into the situation. Every one of them fails
when its guard is taken away (`nox -s mutants`).
"""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from lab.lanes import LOST_AFTER, Stage
from lab.matrix import model_of
from lab.plugins import Stage as Theatre
from lab.plugins import plugin_of, save_effect
from lab.tables import WORDS, Page, pages_workflow, quick
from lab.witness import EFFECTS, Sight
from sqlalchemy import Column, DateTime, Double, Interval, LargeBinary, insert, select, text, update
from sqlalchemy.dialects.postgresql import DATERANGE, Range

from curation_core import Fail, Pause, Retry, Workflow, _judge
from curation_core._rescuer import Rescuer
from curation_core._settler import Settler
from curation_core._sql.cursor import Cursor
from curation_core._store.claiming import Limits
from curation_core.host import Observers

AT_ONCE = Retry(timedelta(0), "not yet")
POLICY = quick(max_attempts=100)


class Scene:
    """Pages, two lanes, and a host that is never disturbed."""

    def __init__(self, lab, stage):
        self.lab, self.stage = lab, stage
        self.me = uuid4()

    @property
    def lanes(self):
        return self.stage.lanes.values()

    async def add(self, count):
        await self.lab.execute(insert(Page), [{"id": number, "status": "Queued"} for number in range(1, count + 1)])

    async def fresh(self, worker=None, limit=10):
        claims = self.stage.store.claims(self.stage.rows, worker or self.me, Limits())
        return (await claims.fresh(limit, Cursor())).claims

    async def due(self, worker=None):
        return await self.stage.store.claims(self.stage.rows, worker or self.me, Limits()).due(10)

    async def suspect(self, worker=None):
        return await self.stage.store.claims(self.stage.rows, worker or self.me, Limits()).suspect()

    async def settle(self, claims, *returned, policy=POLICY):
        judged = [_judge.judge(claim, each, policy) for claim, each in zip(claims, returned, strict=True)]
        return await self.stage.settling.settle(self.me, judged)

    def sweeping(self, lane=None, policy=POLICY):
        lane = lane or self.stage
        workflows = {"pages": (lane.rows, lane.settling, policy)}
        return Rescuer(lane.upkeep, workflows, Observers({}), timedelta(days=90)).sweep()

    async def look(self):
        return await Sight.taken(self.lab)

    async def statuses(self):
        return {number: page.status for number, page in (await self.look()).pages.items()}


@pytest.fixture
async def scene(lab):
    await lab.create(EFFECTS)
    await lab.make_clock()
    stage = Stage(lab)
    await stage.open(["one", "two"], "pages", pages_workflow(where=Page.curation == "Selected"))
    yield Scene(lab, stage)
    await stage.close()


def numbers(claims):
    return sorted(claim.row.id for claim in claims)


# -- the claim ---------------------------------------------------------------------------------------------------------


async def test_a_claim_waits_for_nobody(scene):
    await scene.add(4)
    claims = await scene.fresh(limit=2)
    await scene.settle(claims, AT_ONCE, AT_ONCE)
    one, two = scene.lanes
    won = []

    async def claim(lane, kind):
        claims = lane.store.claims(lane.rows, scene.me, Limits())
        won.extend(await claims.due(10) if kind == "due" else (await claims.fresh(10, Cursor())).claims)

    async with scene.lab.transaction() as person:
        await person.execute(text("select from page where id in (1, 3) for update"))
        for lane, kind in ((one, "due"), (two, "fresh")):
            await lane.start(claim(lane, kind))
            await lane.step()
            assert lane.idle, "it does not wait"
    assert numbers(won) == [2, 4]


async def test_an_uncommitted_child_row_keeps_no_claim_off(scene):
    await scene.add(2)
    async with scene.lab.transaction() as person:
        await person.execute(text("insert into contact (page_id) values (1)"))
        assert numbers(await scene.fresh()) == [1, 2]


async def test_what_a_person_does_not_want_is_not_claimed(scene):
    await scene.add(3)
    await scene.settle(await scene.fresh(), AT_ONCE, AT_ONCE, AT_ONCE)
    await scene.lab.execute(insert(Page), [{"id": 4, "status": "Queued"}, {"id": 5, "status": "Queued"}])
    await scene.lab.set_page(2, status="Done")
    await scene.lab.execute(update(Page).where(Page.id.in_([3, 5])).values(curation="Rejected"))
    assert numbers(await scene.fresh()) == [4]
    assert numbers(await scene.due()) == [1]


async def test_a_workflow_that_is_paused_claims_nothing(scene):
    await scene.add(1)
    await scene.settle(await scene.fresh(), AT_ONCE)
    await scene.lab.execute(insert(Page).values(id=2, status="Queued"))
    await scene.stage.store.operating.pause("pages", None, "a test", "")
    assert await scene.fresh() == await scene.due() == []
    await scene.stage.store.operating.resume("pages")
    assert numbers(await scene.fresh() + await scene.due()) == [1, 2]


async def test_a_wait_is_waited_for(scene):
    await scene.add(1)
    await scene.settle(await scene.fresh(), Retry(timedelta(seconds=30), "not yet"))
    assert await scene.due() == []
    await scene.lab.move_clock(seconds=31)
    assert numbers(await scene.due()) == [1]


async def test_a_row_that_a_person_queued_while_it_ran_is_nobody_elses(scene):
    await scene.add(1)
    await scene.fresh()
    await scene.lab.set_page(1, status="Queued")
    assert await scene.fresh(uuid4()) == await scene.due(uuid4()) == []


async def test_attempts_are_counted_at_the_claim(scene):
    await scene.add(1)
    claims = await scene.fresh()
    for attempt in (1, 2, 3):
        assert [claim.attempt for claim in claims] == [attempt]
        await scene.settle(claims, AT_ONCE)
        claims = await scene.due()


async def test_a_row_whose_worker_died_twice_is_claimed_alone(scene):
    await scene.add(3)
    await scene.settle(await scene.fresh(), AT_ONCE, AT_ONCE, AT_ONCE)
    await scene.lab.execute(text("update curation.claim set lost = 2 where item in ('[1]', '[2]')"))
    assert numbers(await scene.due()) == [3]
    assert len(await scene.suspect()) == 1


@pytest.mark.parametrize("limits", [Limits(max_in_flight=2), Limits(max_instances=1)], ids=["in flight", "instances"])
async def test_limits_hold_between_two_claims_that_overlap(scene, limits):
    await scene.add(4)
    one, two = scene.lanes
    for lane in (one, two):
        await lane.start(lane.store.claims(lane.rows, uuid4(), limits).fresh(3, Cursor()))
    while not one.stop.ends:
        await one.step()
    while two.stop is not None and not two.stop.ends:
        await two.step()  # it counts what is committed, and so it waits for what is not
    await one.step()
    while two.stop is not None:
        await two.step()
    live = (await scene.look()).live
    assert 1 <= len(live) <= (limits.max_in_flight or 3)
    assert len({claim.worker for claim in live.values()}) == 1


# -- the settle --------------------------------------------------------------------------------------------------------


async def test_whatever_ends_a_claim_takes_its_token_away(scene):
    await scene.add(3)
    claims = await scene.fresh()
    told = {claim.token for claim in claims}
    verdicts = [_judge.judge(claims[0], AT_ONCE, POLICY), _judge.release(claims[1], "stopped")]
    await scene.stage.settling.settle(scene.me, verdicts)
    await scene.sweeping()
    waiting = {claim.token for claim in (await scene.look()).claims.values()}
    assert len(waiting) == 3
    assert waiting.isdisjoint(told)


async def test_a_person_overrules_a_settle(scene):
    await scene.add(5)
    claims = await scene.fresh()
    await scene.lab.set_page(1, status="Done")
    await scene.lab.set_page(2, curation="Rejected")
    await scene.lab.set_page(3, curation="Rejected", status="Not a Fit")
    await scene.lab.set_page(5, status="Done")
    results = {claim.item: AT_ONCE if claim.item == "[5]" else claim.token for claim in claims}
    settlement = await scene.settle(claims, *results.values())
    assert [verdict.claim.item for verdict in settlement.settled] == ["[4]"]
    assert await scene.statuses() == {1: "Done", 2: "Queued", 3: "Not a Fit", 4: "Completed", 5: "Done"}
    sight = await scene.look()
    assert sight.made == [results["[4]"]]
    assert sight.claims == {}


async def test_the_command_drops_a_wait_and_no_live_claim(scene):
    await scene.add(2)
    claims = await scene.fresh()
    await scene.settle([claim for claim in claims if claim.row.id == 2], AT_ONCE)
    await scene.lab.execute(update(Page).values(status="Error"))
    await scene.stage.store.operating.queue(scene.stage.rows, ["[1]", "[2]"])
    assert await scene.statuses() == {1: "Queued", 2: "Queued"}
    assert list((await scene.look()).live) == list((await scene.look()).claims) == [1]


async def test_a_settle_is_one_commit(scene):
    await scene.add(3)
    claims = await scene.fresh()
    lane, _ = scene.lanes
    returned = (claims[0].token, AT_ONCE, Fail("no"))
    judged = [_judge.judge(claim, each, POLICY) for claim, each in zip(claims, returned, strict=True)]
    before, stops = (await scene.look()).summary(), []
    await lane.start(lane.settling.settle(scene.me, judged))
    while lane.stop is not None:
        assert (await scene.look()).summary() == before
        stops.append(lane.stop)
        await lane.step()
    assert [stop for stop in stops if stop.committed] == stops[-1:]
    assert sorted((await scene.statuses()).values()) == ["Completed", "Error", "Queued"]


async def settled_by_lane(scene, claim):
    """A settler at its commit, on the first lane, and the list of what it will tell."""
    lane, told = next(iter(scene.lanes)), []
    settler = Settler(lane.settling, scene.me, None, told.append, 0.01)
    settler.submit(_judge.judge(claim, claim.token, POLICY))
    settler.close()
    await lane.start(settler.run())
    while not lane.stop.ends:
        await lane.step()
    return lane, told


async def to_its_end(scene, lane):
    await scene.stage.settle_down()
    while lane.stop is not None:
        await lane.step()


async def test_a_settle_whose_answer_was_lost_finds_itself_in_the_history(scene):
    await scene.add(1)
    lane, told = await settled_by_lane(scene, *await scene.fresh())
    await lane.cut(reached=True)
    await to_its_end(scene, lane)
    assert [(len(each.settled), len(each.overruled), len(each.lost)) for each in told] == [(1, 0, 0)]
    assert await scene.lab.outcomes() == ["done"]


async def test_a_settle_that_was_not_committed_and_then_rescued_is_lost(scene):
    await scene.add(1)
    lane, told = await settled_by_lane(scene, *await scene.fresh())
    await lane.cut(reached=False)
    await scene.stage.settle_down()
    await scene.sweeping()
    await to_its_end(scene, lane)
    assert [(len(each.settled), len(each.overruled), len(each.lost)) for each in told] == [(0, 0, 1)]
    assert await scene.lab.outcomes() == ["lost"]


async def test_a_settle_whose_answer_was_lost_and_that_a_person_overruled_is_told_so(scene):
    await scene.add(1)
    claims = await scene.fresh()
    await scene.lab.set_page(1, status="Done")
    lane, told = await settled_by_lane(scene, *claims)
    await lane.cut(reached=True)
    await to_its_end(scene, lane)
    assert [(len(each.settled), len(each.overruled), len(each.lost)) for each in told] == [(0, 1, 0)]
    assert await scene.lab.outcomes() == ["overruled"]


async def test_a_release_and_a_pause_are_not_charged(scene):
    await scene.add(2)
    claims = await scene.fresh()
    verdicts = [
        _judge.release(claims[0], "stopped"),
        _judge.judge(claims[1], Pause(timedelta(seconds=1), "quota"), POLICY),
    ]
    await scene.stage.settling.settle(scene.me, verdicts)
    assert {claim.attempt for claim in (await scene.look()).claims.values()} == {0}


# -- the rescue --------------------------------------------------------------------------------------------------------


async def claimed_by_the_dead(scene):
    """Whatever there is, claimed by somebody in no list."""
    return [*await scene.suspect(uuid4()), *await scene.due(uuid4()), *await scene.fresh(uuid4())]


async def test_a_row_is_lost_three_times_at_most(scene):
    await scene.add(1)
    for attempt in (1, 2, 3):
        [claim] = await claimed_by_the_dead(scene)
        assert (claim.attempt, claim.lost) == (attempt, attempt - 1)
        await scene.sweeping()
    assert await scene.statuses() == {1: "Error"}
    assert await claimed_by_the_dead(scene) == []


async def test_a_crash_counts_as_an_attempt(scene):
    await scene.add(1)
    for status in ("Queued", "Error"):
        assert len(await claimed_by_the_dead(scene)) == 1
        await scene.sweeping(policy=quick(max_attempts=2))
        assert await scene.statuses() == {1: status}


async def test_only_who_was_silent_for_long_enough_loses_rows(scene):
    await scene.add(3)
    alive, silent, unknown = uuid4(), uuid4(), uuid4()
    for worker in (alive, silent):
        await scene.stage.upkeep.register(worker, "host", 1, "0", ["pages"])
    owned = {worker: (await scene.fresh(worker, limit=1))[0].item for worker in (alive, silent, unknown)}
    await scene.lab.move_clock(seconds=14)
    await scene.sweeping()
    assert {attempt.item for attempt in (await scene.look()).ended.values()} == {owned[unknown]}
    await scene.stage.upkeep.beat(alive)
    await scene.lab.move_clock(seconds=16)
    await scene.sweeping()
    assert {attempt.item for attempt in (await scene.look()).ended.values()} == {owned[unknown], owned[silent]}


async def test_hosts_share_a_rescue_and_wait_for_nobody(scene):
    await scene.add(2)
    await scene.fresh(uuid4())
    one, two = scene.lanes
    await one.start(scene.sweeping(one))
    while "FOR UPDATE" not in one.stop.sql:
        await one.step()
    await one.step()
    await two.start(scene.sweeping(two))
    while two.stop is not None:
        await two.step()
    assert two.idle, "it does not wait"
    while one.stop is not None:
        await one.step()
    assert await scene.statuses() == {1: "Queued", 2: "Queued"}
    assert sorted(await scene.lab.outcomes()) == ["lost", "lost"]


async def test_who_is_forgotten(scene):
    await scene.add(1)
    alive, idle, holding = uuid4(), uuid4(), uuid4()
    for worker in (alive, idle, holding):
        await scene.stage.upkeep.register(worker, "host", 1, "0", ["pages"])
    await scene.fresh(holding)
    await scene.lab.move_clock(seconds=LOST_AFTER.total_seconds() + 1)
    await scene.stage.upkeep.beat(alive)
    await scene.stage.upkeep.forget_dead_workers()
    assert set((await scene.look()).workers) == {str(alive), str(holding)}


async def test_a_sweep_drops_the_waits_that_nobody_waits_for_and_no_other(scene):
    await scene.add(5)
    later = Retry(timedelta(seconds=30), "not yet")
    claims = await scene.fresh()
    await scene.settle(claims, *(later if claim.row.id == 5 else AT_ONCE for claim in claims))
    await scene.lab.execute(update(Page).where(Page.id.in_([2, 5])).values(status="Done"))
    await scene.lab.set_page(3, curation="Rejected")
    await scene.lab.execute(text("delete from page where id = 4"))
    await scene.sweeping()
    assert sorted((await scene.look()).claims) == [1, 5], "what is wanted, and what is not due yet"


# -- hosts -------------------------------------------------------------------------------------------------------------

WAITS = text(
    "with added as (insert into page (id, status, orders) values (:page, 'Queued', 'ok') returning id) "
    "insert into curation.claim (workflow, item, token, queueing, attempt, claimed_at, retry_at) "
    "select 'pages', jsonb_build_array(id)::text, nextval('curation.claim_token'), 0, 1, now(), now() from added"
)
LOST = text(
    "with added as (insert into page (id, status) values (1, 'Processing') returning id) "
    "insert into curation.claim (workflow, item, token, queueing, attempt, claimed_at, worker) select 'pages', "
    "jsonb_build_array(id)::text, nextval('curation.claim_token'), 0, 1, now(), gen_random_uuid() from added"
)


async def two_sweeps(lab):
    """Wait until a sweep began and ended: what fell due unheard is found by sweeps alone."""
    for page in (8, 9):
        await lab.execute(WAITS, {"page": page})
        await lab.eventually(lambda page=page: lab.scalar(select(Page.status == "Completed").where(Page.id == page)))


async def test_a_host_that_was_cut_off_itself_lets_the_others_come_back_first(lab):
    async def process_item(item):
        return None

    await lab.execute(
        text(
            "create function refuse() returns trigger language plpgsql as $$ begin "
            "if nextval('beats') = 3 then raise 'no beat'; end if; return new; end $$"
        )
    )
    await lab.execute(text("create sequence beats"))
    await lab.execute(
        text("create trigger refuse before update on curation.worker for each row execute function refuse()")
    )
    host = {"lost_after": 3600, "heartbeat_every": 0.05}
    async with lab.host({"pages": plugin_of(pages_workflow(), process_item)}, policies={"pages": quick()}, host=host):
        await lab.eventually(lambda: lab.scalar(text("select last_value > 3 from beats")))
        await lab.execute(LOST)
        await two_sweeps(lab)
        assert (await lab.page(1)).status == "Processing", "its own beats did not come through a moment ago"


async def test_a_host_that_can_not_be_heard_takes_itself_for_lost(lab):
    theatre = Theatre()
    await lab.add_pages("ok")
    plugins = {"pages": plugin_of(pages_workflow(), theatre.process_item)}
    host = {"lost_after": 2, "heartbeat_every": 0.1}
    worker = select(lab.ledger.worker.c.id)
    async with lab.host(plugins, policies={"pages": quick()}, host=host):
        await theatre.arrival("[1]")
        first = await lab.scalar(worker)
        for statement in (
            text("create function refuse() returns trigger language plpgsql as $$ begin raise 'no beat'; end $$"),
            text("create trigger refuse before update on curation.worker for each row execute function refuse()"),
        ):
            await lab.execute(statement)
        await lab.eventually(lambda: lab.scalar(worker.where(lab.ledger.worker.c.id != first).limit(1)), deadline=8)
        await lab.execute(text("drop trigger refuse on curation.worker"))
    assert "released" in await lab.outcomes()


async def test_a_late_item_is_cancelled(lab):
    cancelled = asyncio.Event()

    async def process_item(item):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    await lab.add_pages("ok")
    policies = {"pages": quick(timeout=timedelta(milliseconds=50), max_attempts=1)}
    async with lab.host({"pages": plugin_of(pages_workflow(), process_item)}, policies=policies):
        await lab.eventually(cancelled.is_set, deadline=3)
        await lab.eventually(lambda: lab.scalar(select(Page.status == "Error")))


async def test_what_runs_is_not_given_back_by_a_sweep(lab):
    theatre = Theatre()
    await lab.add_pages("hold")

    async def process_item(item, attempt):
        return await theatre.process_item(item, attempt) if item.orders == "hold" else None

    plugins = {"pages": plugin_of(pages_workflow(), process_item)}
    async with lab.host(plugins, policies={"pages": quick()}):
        await theatre.arrival("[1]")
        await two_sweeps(lab)
        assert await lab.outcomes("[1]") == []
        theatre.release("[1]")
        await lab.eventually(lambda: lab.scalar(select(Page.status == "Completed").where(Page.id == 1)))


@pytest.mark.parametrize("state", ["40001", "40P01"], ids=["serialization failure", "deadlock"])
async def test_what_it_helps_to_try_again_is_no_fault_of_the_item(lab, state):
    """I9 as well: a statement may fail only because others ran beside it."""
    calls = []

    async def process_item(item):
        calls.append(item.id)
        return "paid for"

    for statement in (
        text("create sequence tries"),
        text(
            "create function refuse() returns trigger language plpgsql as $$ begin if nextval('tries') = 1 "
            "then raise exception using message = 'once', errcode = tg_argv[0]; end if; return new; end $$"
        ),
        {
            "40001": text(
                "create trigger refuse before insert on effect for each row execute function refuse('40001')"
            ),
            "40P01": text(
                "create trigger refuse before insert on effect for each row execute function refuse('40P01')"
            ),
        }[state],
    ):
        await lab.execute(statement)
    await lab.add_pages("ok")
    plugin = plugin_of(pages_workflow(), process_item, save_result=save_effect)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(max_attempts=1)})
    assert calls == [1]
    assert await lab.outcomes() == ["done"]


# -- names -------------------------------------------------------------------------------------------------------------

NAMES = {
    "timezone": (DateTime(timezone=True), datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), "2024-02-29T23:59:59+00:00"),
    "datestyle": (DATERANGE(), Range(date(2024, 2, 28), date(2024, 2, 29)), "[2024-02-28,2024-02-29)"),
    "intervalstyle": (Interval(), timedelta(days=1, hours=2), "1 day 02:00:00"),
    "extra_float_digits": (Double(), 0.1 + 0.2, None),
    "bytea_output": (LargeBinary(), b"\x00\xff", "\\\\x00ff"),
}
OTHERS = text(
    "do $$ begin execute format('alter database %I set timezone to ''Asia/Kolkata''', current_database()); "
    "execute format('alter database %I set datestyle to ''SQL, DMY''', current_database()); "
    "execute format('alter database %I set intervalstyle to ''iso_8601''', current_database()); "
    "execute format('alter database %I set extra_float_digits to 0', current_database()); "
    "execute format('alter database %I set bytea_output to ''escape''', current_database()); end $$"
)


@pytest.mark.parametrize("setting", NAMES)
async def test_a_key_has_one_name_whatever_the_database_writes_by_default(lab, setting):
    """I1 as well: two names of a row would be two claims."""
    type_, key, name = NAMES[setting]
    model = model_of("thing", Column("key", type_, primary_key=True, autoincrement=False))
    await lab.create(model.metadata)
    await lab.execute(insert(model.__table__).values(key=key, status="Queued"))
    await lab.execute(OTHERS)
    workflow = Workflow(status=model.status, error=model.error, states=WORDS)
    async with lab.settling(workflow, "things") as (store, rows, _):
        [claim] = (await store.claims(rows, uuid4(), Limits()).fresh(10, Cursor())).claims
    assert claim.item == ("[0.30000000000000004]" if name is None else f'["{name}"]')
