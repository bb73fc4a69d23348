"""The promise as a whole: two workers, their sweeps, an operator and a person, each a statement at a time.

Hypothesis chooses which of them goes on by one statement, who dies at one, before or after the server had it, whose
connection breaks there, and how the clock jumps. After each statement a bystander's snapshot is compared with the one
before: I1 to I6 are written down in `lab.witness` for one step. At the end whatever is wanted must come to its end.

``CURATION_EXAMPLES`` says how many lives are played; the default takes well under a minute.
"""

import asyncio
import os
from datetime import timedelta
from functools import partial
from uuid import uuid4

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from lab.laboratory import Laboratory
from lab.lanes import LOST_AFTER, Stage
from lab.tables import Page, pages_workflow, quick
from lab.witness import EFFECTS, EMPTY, Meanwhile, Sight, complaints
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from curation_core import Fail, Pause, Retry, Skip, _judge
from curation_core._rescuer import Rescuer
from curation_core._settler import Settler
from curation_core._sql.cursor import Cursor
from curation_core._store.claiming import Limits
from curation_core._store.connections import is_passing
from curation_core.host import Observers

OUTCOMES = {
    "done": lambda claim: claim.token,
    "skip": lambda _: Skip("nothing"),
    "fail": lambda _: Fail("no"),
    "fail, and save": lambda claim: Fail("no", result=claim.token),
    "retry now": lambda _: Retry(timedelta(0), "not yet"),
    "retry later": lambda _: Retry(timedelta(seconds=30), "not yet"),
    "retry uncharged": lambda _: Retry(timedelta(seconds=1), "asked to come later", charged=False),
    "retry, and save": lambda claim: Retry(timedelta(0), "not yet", result=claim.token),
    "pause": lambda _: Pause(timedelta(seconds=10), "quota"),
    "release": None,
}
EDITS = {
    "queues": text("update page set status = 'Queued' where id = :item"),
    "completes": text("update page set status = 'Completed' where id = :item"),
    "clears": text("update page set status = null where id = :item"),
    "rejects": text("update page set curation = 'Rejected' where id = :item"),
    "selects": text("update page set curation = 'Selected' where id = :item"),
    "deletes": text("delete from page where id = :item"),
    "adds": text("insert into page (id, status) values (:item, 'Queued') on conflict do nothing"),
    "queues all": text("update page set status = 'Queued', curation = 'Selected'"),
    "only looks": text("select from page where id = :item for update"),
}
KINDS = ("claims", "settles", "sweeps", "beats")
EVENTS = {
    "goes_on": 6,
    "claims": 3,
    "settles": 8,
    "sweeps": 2,
    "time_passes": 3,
    "person": 3,
    "operator": 1,
    "crashes": 1,
    "a_connection_breaks": 1,
}
HOW = {
    "number": st.integers(0, 1),
    "which": st.integers(0, 11),
    "times": st.sampled_from([0, 0, 1, 2, 4, 99, 99, 99]),
    "kind": st.sampled_from([*["what there is"] * 5, "fresh", "due", "suspect"]),
    "limit": st.integers(1, 3),
    "names": st.lists(st.sampled_from(list(OUTCOMES)), min_size=1, max_size=3),
    "seconds": st.sampled_from([5, 16, 40]),
    "alive": st.sets(st.integers(0, 1)),
    "reached": st.sampled_from(["", "", *KINDS]),
    "item": st.integers(1, 3),
    "edit": st.sampled_from([*EDITS, "queues", "queues all", "queues all", "adds"]),
    "command": st.sampled_from(["queue", "queue", "queue", "pause", "pause for good", "resume", "resume", "resume"]),
}
LIMITS = [Limits(), Limits(max_in_flight=2), Limits(max_instances=1)]
ADD = text("insert into page (id, status) select number, 'Queued' from generate_series(1, 3) number")
LANES = [*(f"{kind} {number}" for number in (0, 1) for kind in KINDS), "operator", "person"]


class Worker:
    """A process: what it holds, and what it has not heard of."""

    def __init__(self):
        self.id = uuid4()
        self.held = []
        self.busy = set()
        self.cursor = Cursor()


class Promise(RuleBasedStateMachine):
    """Everything that may happen to three rows."""

    stage: Stage
    run: asyncio.Runner
    ahead = timedelta(0)

    @initialize(max_attempts=st.sampled_from([2, 5]), limits=st.sampled_from([*LIMITS, Limits()]))
    def begin(self, max_attempts, limits):
        """An empty database, whose clock stands where it stood."""
        self.lab = self.stage.lab
        self.policy = quick(max_attempts=max_attempts, backoff=(0, 20))
        self.limits = limits
        self.workers = {0: Worker(), 1: Worker()}
        self.seen = {}
        self.saving = set()
        self.uncharged = set()
        self.silent = {}
        self.by_people = {}
        self.told = []
        self.sight = None
        self.do(self._begin())

    async def _begin(self):
        await self.lab.execute(EMPTY)
        await self.lab.execute(ADD)
        for worker in self.workers.values():
            await self._register(worker)
        self.sight = await Sight.taken(self.lab)

    def do(self, coroutine):
        """Run it on the machine's own loop."""
        try:
            return self.run.run(coroutine)
        except BaseException:
            self.sight = None  # there is nothing to bring to an end
            raise

    async def _register(self, worker):
        await self.stage.upkeep.register(worker.id, "host", 1, "0", ["pages"])

    def lane(self, kind, number):
        """A lane of a worker."""
        return self.stage.lanes[f"{kind} {number}"]

    @property
    def waiting(self):
        """The lanes with a statement at the gate."""
        return [lane for lane in self.stage.lanes.values() if lane.stop]

    # -- how time goes on --------------------------------------------------------------------------------------------

    async def _look(self, queued=frozenset(), people=frozenset(), *, may_claim=False):
        """Compare what there is with what there was."""
        before, after = self.sight, await Sight.taken(self.lab)
        self.sight = after
        for name, silent in self.silent.items():
            self.silent[name] = silent | before.silent(LOST_AFTER) | after.silent(LOST_AFTER)
        meanwhile = Meanwhile(
            by_people=frozenset(people),
            queued=frozenset(queued),
            saving=frozenset(self.saving),
            uncharged=frozenset(self.uncharged),
            silent=frozenset().union(*self.silent.values()),
            may_claim=may_claim,
            max_attempts=self.policy.max_attempts,
            max_in_flight=self.limits.max_in_flight,
            max_instances=self.limits.max_instances,
        )
        found = list(complaints(before, after, meanwhile))
        assert found == []
        self.seen |= {claim.token: (claim.worker, claim.attempt) for claim in after.live.values()}
        self._check_what_was_told()

    def _check_what_was_told(self):
        for kind, worker, claim, outcome in self.told:
            if kind == "won":
                assert self.seen[claim.token] == (str(worker), claim.attempt), "I1: a claim that is nobody's"
                continue
            ended = self.sight.ended[claim.token].outcome
            allowed = {"settled": {outcome}, "overruled": {"overruled"}, "lost": {"lost", "overruled"}}[kind]
            assert ended in allowed, f"I3: told {kind} {outcome!r} of what ended as {ended!r}"
        self.told.clear()

    async def _step(self, lane):
        claiming = any(self.lane("claims", number).moves for number in self.workers)
        changes = self._about_to_commit(lane)
        await lane.step()
        await self._look(*changes, may_claim=claiming)

    def _about_to_commit(self, lane):
        if lane.name in self.by_people and lane.stop is not None and lane.stop.ends:
            items = self.by_people[lane.name]
            return (items if lane.name == "operator" else set()), items
        return set(), set()

    def _begin_or_go_on(self, lane, operation, times):
        """Begin an operation, or go on with the one that is under way."""
        self.do(self._start(lane, operation(), times) if lane.idle else self._go_on(lane, times or 1))

    async def _start(self, lane, operation, times):
        await lane.start(operation)
        await self._look()
        await self._go_on(lane, times)

    @rule(what=st.sampled_from([name for name, weight in EVENTS.items() for _ in range(weight)]), **HOW)
    def happens(self, what, **how):
        """One of the events below.

        All there is to draw is drawn each time, and nothing of it depends on what there is: so a life can be played
        again, and none is spent without claims, as lives are where each event is a rule.
        """
        getattr(self, what)(**how)

    def goes_on(self, which, times, **_):
        """A statement of somebody's, or several."""
        if waiting := self.waiting:
            self.do(self._go_on(waiting[which % len(waiting)], times or 1))

    async def _go_on(self, lane, times):
        for _ in range(times):
            if lane.stop:
                await self._step(lane)

    def time_passes(self, seconds, alive, **_):
        """At any moment; some of the workers are heard of at once."""
        self.do(self._advance(seconds))
        for number in alive:
            lane = self.lane("beats", number)
            self._begin_or_go_on(lane, partial(self._beat, number), 9)

    async def _advance(self, seconds):
        type(self).ahead = self.ahead = self.ahead + timedelta(seconds=seconds)
        await self.lab.move_clock(seconds=self.ahead.total_seconds())
        await self._look()

    # -- what workers do ---------------------------------------------------------------------------------------------

    def claims(self, number, kind, limit, times, **_):
        """Rows that were queued, or that wait for their next attempt."""
        worker, lane = self.workers[number], self.lane("claims", number)
        if kind == "what there is":
            worker.cursor = Cursor()
            waiting = [claim.lost for claim in self.sight.claims.values() if self.sight.is_due(claim)]
            kind = ("suspect" if max(waiting) > 1 else "due") if waiting else "fresh"
        self._begin_or_go_on(lane, partial(self._claim, lane, worker, worker.id, kind, limit), times)

    async def _claim(self, lane, worker, identity, kind, limit):
        claims = lane.store.claims(lane.rows, identity, self.limits)
        known = {claim.token for _, claim in worker.held} | worker.busy
        try:
            if kind == "due":
                won = await claims.due(limit)
            elif kind == "suspect":
                won = await claims.suspect()
            else:
                window = await claims.fresh(limit, worker.cursor)
                worker.cursor = window.cursor or Cursor()
                won = window.claims
        except Exception as error:  # noqa: BLE001 - a claim's error is the driver's, as the driver likes it
            _expect_passing(error)
            won = await _until_it_succeeds(claims.held)
            won = [claim for claim in won if claim.token not in known]
        worker.held += [(identity, claim) for claim in won]
        self.told += [("won", identity, claim, "") for claim in won]

    def settles(self, number, names, times, **how):
        """With the settler that works in every host, which goes on until the database has answered."""
        worker, lane = self.workers[number], self.lane("settles", number)
        if lane.idle and not worker.held:
            self.claims(number=number, times=times, **how)
        else:
            self._begin_or_go_on(lane, lambda: self._settle(lane, worker, *self._finished(worker, names)), times)

    def _finished(self, worker, names):
        identity = worker.held[0][0]
        group = [claim for whose, claim in worker.held if whose == identity][: len(names)]
        worker.held = [(whose, claim) for whose, claim in worker.held if claim not in group]
        worker.busy |= {claim.token for claim in group}
        return identity, [self._judge(claim, name) for claim, name in zip(group, names, strict=False)]

    def _judge(self, claim, name):
        if claim.row is None or name == "release":  # what was not heard of is always given back
            return _judge.release(claim, "stopped")
        verdict = _judge.judge(claim, OUTCOMES[name](claim), self.policy)
        if verdict.saves:
            self.saving.add(claim.token)
        if not verdict.charged:
            self.uncharged.add(claim.token)
        return verdict

    async def _settle(self, lane, worker, identity, verdicts):
        settlements = []
        settler = Settler(lane.settling, identity, _must_not_decide, settlements.append, 0.01)
        for verdict in verdicts:
            settler.submit(verdict)
        settler.close()
        await settler.run()
        worker.busy -= {verdict.claim.token for verdict in verdicts}
        for settlement in settlements:
            for kind in ("settled", "overruled", "lost"):
                self.told += [(kind, identity, each.claim, each.outcome) for each in getattr(settlement, kind)]

    def sweeps(self, number, times, **_):
        """At any time, and any host: it is not asked who."""
        lane = self.lane("sweeps", number)
        if lane.idle:
            self.silent[lane.name] = self.sight.silent(LOST_AFTER)
        self._begin_or_go_on(lane, partial(self._sweep, lane), times)

    async def _sweep(self, lane):
        workflows = {"pages": (lane.rows, lane.settling, self.policy)}
        try:
            await Rescuer(lane.upkeep, workflows, Observers({}), timedelta(days=90)).sweep()
        except DBAPIError as error:
            _expect_passing(error)

    async def _beat(self, number):
        """If it was forgotten it starts again under another id; what it had it settles late, under its old one."""
        worker, upkeep = self.workers[number], self.lane("beats", number).upkeep
        try:
            if not await upkeep.beat(worker.id):
                worker.id = uuid4()
                await upkeep.register(worker.id, "host", number, "0", ["pages"])
        except DBAPIError as error:
            _expect_passing(error)

    def crashes(self, number, reached, **_):
        """At the statement where each of its connections is, the one or other of which the server still gets."""
        self.do(self._crash(number, reached))

    async def _crash(self, number, reached):
        for kind in KINDS:
            await self.lane(kind, number).kill(reached=kind == reached)
        await self.stage.settle_down()
        self.workers[number] = Worker()
        await self._register(self.workers[number])
        await self._look()

    def a_connection_breaks(self, which, reached, **_):
        """The process lives, and does what it does then."""
        if waiting := self.waiting:
            self.do(self._break(waiting[which % len(waiting)], reached=bool(reached)))

    async def _break(self, lane, *, reached):
        changes = self._about_to_commit(lane) if reached else (set(), set())
        await lane.cut(reached=reached)
        await self.stage.settle_down()
        await self._look(*changes)

    # -- what people do ----------------------------------------------------------------------------------------------

    def person(self, item, edit, times, **_):
        """An edit by hand, in a transaction that stays open for as long as it likes."""
        lane = self.stage.lanes["person"]
        if lane.idle:
            self.by_people["person"] = {1, 2, 3} if edit == "queues all" else {item}
        self._begin_or_go_on(lane, partial(self._edit, item, edit), times)

    async def _edit(self, item, edit):
        with_person = self.stage.lanes["person"].store.engine
        await _if_connected(_in_transaction(with_person, EDITS[edit], {"item": item} if edit != "queues all" else {}))

    def operator(self, item, command, times, **_):
        """What the command line does."""
        lane = self.stage.lanes["operator"]
        operating = lane.store.operating
        if lane.idle:
            self.by_people["operator"] = {item}
        commands = {
            "queue": lambda: operating.queue(lane.rows, [f"[{item}]"]),
            "pause": lambda: operating.pause("pages", timedelta(seconds=10), "somebody", "a reason"),
            "pause for good": lambda: operating.pause("pages", None, "somebody", "a reason"),
            "resume": lambda: operating.resume("pages"),
        }
        self._begin_or_go_on(lane, lambda: _if_connected(commands[command]()), times)

    # -- the end -----------------------------------------------------------------------------------------------------

    def teardown(self):
        """Every row that is wanted comes to its end, once people leave it alone."""
        self.do(self._bring_to_an_end() if self.sight is not None else self.stage.clear())

    async def _bring_to_an_end(self):
        await self.stage.clear()
        store, rows = self.stage.store, self.stage.rows
        await store.operating.resume("pages")
        workflows = {"pages": (rows, self.stage.settling, self.policy)}
        for _ in range(3 * self.policy.max_attempts):
            type(self).ahead = self.ahead = self.ahead + timedelta(seconds=300)
            await self.lab.move_clock(seconds=self.ahead.total_seconds())
            await Rescuer(self.stage.upkeep, workflows, Observers({}), timedelta(days=90)).sweep()
            claims = store.claims(rows, uuid4(), Limits())
            won = [*await claims.suspect(), *await claims.due(20), *(await claims.fresh(20, Cursor())).claims]
            self.saving |= {claim.token for claim in won}
            verdicts = [_judge.judge(claim, claim.token, self.policy) for claim in won]
            await self.stage.settling.settle(claims._worker, verdicts)  # noqa: SLF001 - the id it was just given
        end = await Sight.taken(self.lab)
        assert end.claims == {}
        unfinished = {number: page for number, page in end.pages.items() if page.status in {"Queued", "Processing"}}
        assert [page for page in unfinished.values() if page.curation == "Selected"] == []
        due = [token for token, ended in end.ended.items() if token in self.saving and ended.outcome not in
               {"lost", "overruled", "released"}]  # fmt: skip
        assert end.made == sorted(due), "I2: an effect for each result that was settled, and one only"


async def _until_it_succeeds(ask):
    while True:
        try:
            return await ask()
        except DBAPIError as error:
            _expect_passing(error)


async def _if_connected(operation):
    """Whoever does it is told, and does it again or does not."""
    try:
        await operation
    except DBAPIError as error:
        _expect_passing(error)


async def _in_transaction(engine, statement, parameters):
    async with engine.begin() as connection:
        await connection.execute(statement, parameters)


def _expect_passing(error):
    assert is_passing(error), error


def _must_not_decide(_claim, error, _seconds):
    raise AssertionError(error)


PLAYED = settings(
    max_examples=int(os.environ.get("CURATION_EXAMPLES", "12")),
    stateful_step_count=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes: let it when there is something
)


def test_the_promise_holds_whatever_happens_in_whatever_order(database_url):
    """I1, I2, I3, I4, I5 and I6 together."""
    with asyncio.Runner() as runner:
        laboratory = Laboratory(database_url, pooled=True)
        stage = runner.run(prepared(laboratory))
        machine = type("PromiseHere", (Promise,), {"stage": stage, "run": runner})
        try:
            run_state_machine_as_test(machine, settings=PLAYED)
        finally:
            runner.run(stage.close())
            runner.run(laboratory.close())


async def prepared(lab):
    """The tables, a clock that can be moved, and a lane for each connection."""
    await lab.create()
    await lab.create(EFFECTS)
    await lab.make_clock()
    await lab.execute(text("do $$ begin execute format('alter database %I set deadlock_timeout = ''20ms''', "
                           "current_database()); end $$"))  # fmt: skip
    stage = Stage(lab)
    await stage.open(LANES, "pages", pages_workflow(where=Page.curation == "Selected"))
    return stage
