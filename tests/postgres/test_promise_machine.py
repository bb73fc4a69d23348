"""The promise as a whole: claims, settles, crashes, sweeps, clock jumps and people's edits in any order.

Hypothesis plays the statements of the engine's stores against a real database; after each step what was published as
I1 to I6 must hold, and at the end every row that is wanted can still be brought to its end.
"""

import asyncio
from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from lab.laboratory import BRISK, Laboratory
from lab.matrix import model_of
from lab.tables import WORDS, Page, pages_workflow, quick
from sqlalchemy import BigInteger, Column, Identity, MetaData, func, insert, select, text

from curation_core import Fail, Pause, Retry, Role, Skip, Transition, _judge
from curation_core._rescuer import Rescuer
from curation_core._sql.cursor import Cursor
from curation_core._store.claiming import Limits
from curation_core.host import Observers

POLICY = quick(max_attempts=3, backoff=(0, 20))
OUTCOMES = {
    "done": "result",
    "skip": Skip("nothing"),
    "fail": Fail("no"),
    "retry now": Retry(timedelta(0), "not yet"),
    "retry later": Retry(timedelta(seconds=30), "not yet"),
    "pause": Pause(timedelta(seconds=10), "quota"),
    "release": None,
}
ALLOWED = {
    "claim": {(Transition.CLAIM.source, Transition.CLAIM.target)},
    "settle": {(each.source, each.target) for each in Transition} - {(Role.QUEUED, Role.PROCESSING)},
    "sweep": {(each.source, each.target) for each in (Transition.RESCUE, Transition.ABANDON)},
}
MADE = model_of("made", Column("id", BigInteger, Identity(), primary_key=True), Column("page_id", BigInteger),
                Column("token", BigInteger), metadata=MetaData())  # fmt: skip
EDITS = {
    "queues": text("update page set status = 'Queued' where id = :item"),
    "completes": text("update page set status = 'Completed' where id = :item"),
    "clears": text("update page set status = null where id = :item"),
    "rejects": text("update page set curation = 'Rejected' where id = :item"),
    "selects": text("update page set curation = 'Selected' where id = :item"),
    "deletes": text("delete from page where id = :item"),
    "adds": text("insert into page (id, status) values (:item, 'Queued') on conflict do nothing"),
}
WORKERS, ITEMS = st.integers(0, 1), st.integers(1, 4)
STATE = text(
    "select page.id, page.status, claim.worker, claim.token, claim.attempt, claim.queueing, "
    "(select count(*) from made where made.page_id = page.id) as effects, "
    "(select count(*) from curation.attempt a where a.item = jsonb_build_array(page.id)::text and a.outcome = 'done') "
    "as done from page left join curation.claim on claim.item = jsonb_build_array(page.id)::text order by page.id"
)


class Promise(RuleBasedStateMachine):
    """Two workers, four rows, one clock."""

    lab: Laboratory
    run: asyncio.Runner
    ahead = timedelta(0)

    @initialize()
    def begin(self):
        """An empty database, whose clock stands where it stood."""
        self.held = {0: [], 1: []}
        self.workers = {}
        self.claimed = {}
        self.do(self._begin())

    async def _begin(self):
        empty = text(
            "truncate page, made, contact, curation.claim, curation.attempt, curation.worker, curation.control"
        )
        await self.lab.execute(empty)
        self.parts = self.lab.settling(pages_workflow(where=Page.curation == "Selected"), save=self._save)
        self.store, self.rows, self.settling = await self.parts.__aenter__()
        self.upkeep = self.store.upkeep(BRISK["lost_after"])
        for number in self.held:
            await self._register(number)
        await self.lab.add_pages(*["ok"] * 4)
        await self.lab.execute(text("update page set id = (select count(*) from page p where p.id <= page.id)"))
        self.before = await self._statuses()

    def do(self, coroutine):
        """Run it on the machine's own loop."""
        return self.run.run(coroutine)

    async def _save(self, session, item, result):
        await session.execute(insert(MADE.__table__).values(page_id=item.id, token=result))

    async def _register(self, number):
        self.workers[number] = uuid4()
        self.held[number] = []
        await self.upkeep.register(self.workers[number], "host", number, "0", ["pages"])

    async def _statuses(self):
        return {row.id: row.status for row in await self.lab.all(select(Page.id, Page.status))}

    async def _engine_did(self, what):
        """Compare the statuses with those before the step."""
        words = {(WORDS.word(source), WORDS.word(target)) for source, target in ALLOWED[what]}
        now = await self._statuses()
        assert now.keys() == self.before.keys()
        for number, status in now.items():
            assert status == self.before[number] or (self.before[number], status) in words, (what, number)
        self.before = now

    # -- what workers do ---------------------------------------------------------------------------------------------

    @rule(number=WORKERS, limit=st.integers(1, 4))
    def claim(self, number, limit):
        """I5: no attempt beyond the last, whether it is a row's first or one that fell due."""
        self.do(self._claim(number, limit))

    async def _claim(self, number, limit):
        claims = self.store.claims(self.rows, self.workers[number], Limits())
        won = [*await claims.due(limit), *(await claims.fresh(limit, Cursor())).claims]
        await self._engine_did("claim")
        for claim in won:
            assert 1 <= claim.attempt <= POLICY.max_attempts
            assert claim.row.id == int(claim.item.strip("[]"))
            self.held[number].append(claim)
        return won

    @precondition(lambda self: any(self.held.values()))
    @rule(data=st.data(), names=st.lists(st.sampled_from(list(OUTCOMES)), min_size=1, max_size=4))
    def settle(self, data, names):
        """I3: what no longer holds its claim changes nothing."""
        number = data.draw(st.sampled_from([number for number, held in self.held.items() if held]))
        self.do(self._settle(number, names))

    async def _settle(self, number, names):
        group, self.held[number] = self.held[number][: len(names)], self.held[number][len(names) :]
        verdicts = []
        for claim, name in zip(group, names, strict=False):
            if name == "release":
                verdicts.append(_judge.release(claim, "stopped"))
            else:
                verdicts.append(_judge.judge(claim, claim.token if name == "done" else OUTCOMES[name], POLICY))
        live = {(row.item, row.token) for row in (await self.lab.claims()).values() if row.worker is not None}
        settlement = await self.settling.settle(self.workers[number], verdicts)
        for verdict in (*settlement.settled, *settlement.overruled):
            assert (verdict.claim.item, verdict.claim.token) in live
        for verdict in settlement.lost:
            assert (verdict.claim.item, verdict.claim.token) not in live
        waiting = {item: row for item, row in (await self.lab.claims()).items() if row.worker is None}
        for verdict in settlement.settled:
            if verdict.transition.target is Role.QUEUED:
                charged = 0 if verdict.outcome in {"released", "paused"} else 1
                assert waiting[verdict.claim.item].attempt == verdict.claim.attempt - 1 + charged, "I5"
        await self._engine_did("settle")

    @rule(number=WORKERS)
    def beat(self, number):
        """A worker says that it lives; if it was forgotten, it lets go of everything and starts again."""
        if not self.do(self.upkeep.beat(self.workers[number])):
            self.do(self._register(number))

    @rule(number=WORKERS)
    def crash(self, number):
        """It forgets what it held, and comes back as somebody else."""
        self.do(self._register(number))

    @rule(seconds=st.sampled_from([0, 5, 16, 40]))
    def time_passes_and_a_host_sweeps(self, seconds):
        """At any time, and any host: it is not asked who."""
        self.do(self._advance(seconds))
        self.do(self._sweep())

    @rule(number=WORKERS)
    def another_takes_over(self, number):
        """The one was silent, the other sweeps and claims what it had; the one knows nothing of it."""
        self.do(self._advance(40))
        self.do(self._sweep())
        self.do(self._claim(number, 4))

    async def _advance(self, seconds):
        type(self).ahead = self.ahead = self.ahead + timedelta(seconds=seconds)
        await self.lab.move_clock(seconds=self.ahead.total_seconds())

    async def _sweep(self):
        workflows = {"pages": (self.rows, self.settling, POLICY)}
        await Rescuer(self.upkeep, workflows, Observers({}), timedelta(days=90)).sweep()
        await self._engine_did("sweep")

    # -- what people do ----------------------------------------------------------------------------------------------

    @rule(item=ITEMS, edit=st.sampled_from(list(EDITS)))
    def person(self, item, edit):
        """A person's edit by hand, committed."""
        self.do(self.lab.execute(EDITS[edit], {"item": item}))
        self.before = self.do(self._statuses())

    @rule(item=ITEMS)
    def person_queues(self, item):
        """The same by the command."""
        self.do(self.store.operating.queue(self.rows, [f"[{item}]"]))
        self.before = self.do(self._statuses())

    # -- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def the_promise_holds(self):
        """I1, I2 and I4 in one snapshot."""
        if not hasattr(self, "store"):
            return
        for row in self.do(self.lab.all(STATE)):
            assert row.status != "Processing" or row.worker is not None, f"I4: {row} is nobody's"
            holders = [claim for held in self.held.values() for claim in held if claim.token == row.token]
            assert len(holders) <= 1, f"I1: {row}"
            assert row.attempt is None or 0 <= row.attempt <= POLICY.max_attempts, f"I5: {row}"
        made = self.do(self.lab.all(select(MADE.__table__.c.page_id, func.count()).group_by(MADE.__table__.c.page_id)))
        done = self.do(self.lab.all(DONE))
        assert dict(made) == dict(done), "I2: an effect for each `done`, and none without"

    def teardown(self):
        """Every row that is wanted comes to its end, once people leave it alone."""
        if hasattr(self, "store"):
            self.do(self._bring_to_an_end())

    async def _bring_to_an_end(self):
        try:
            for _ in range(2 * POLICY.max_attempts):
                await self._advance(300)
                await self._register(0)
                self.before = await self._statuses()
                await self._sweep()
                await self._settle(0, ["done"] * len(await self._claim(0, 20)))
            left = select(func.count()).where(Page.status.in_(["Queued", "Processing"]), Page.curation == "Selected")
            assert await self.lab.scalar(left) == 0
            assert await self.lab.claims() == {}
        finally:
            await self.parts.__aexit__(None, None, None)


EMPTY = text("truncate page, made, contact, curation.claim, curation.attempt, curation.worker, curation.control")
DONE = text("select (item::jsonb ->> 0)::bigint, count(*) from curation.attempt where outcome = 'done' group by 1")


WITHOUT_HASTE = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes: let it when there is something
)


def test_the_promise_holds_whatever_happens_in_whatever_order(database_url):
    """I1, I2, I3, I4, I5 and I6 together."""
    with asyncio.Runner() as runner:
        laboratory = Laboratory(database_url, pooled=True)
        runner.run(laboratory.create())
        runner.run(laboratory.create(MADE.metadata))
        runner.run(laboratory.make_clock())
        machine = type("PromiseHere", (Promise,), {"lab": laboratory, "run": runner})
        run_state_machine_as_test(machine, settings=WITHOUT_HASTE)
        runner.run(laboratory.close())
