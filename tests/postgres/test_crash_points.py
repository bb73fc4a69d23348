"""Every statement and every commit of the protocol is a place where a process may end: here one ends at each.

The statements are taken down from a run that nobody disturbs, with what a bystander sees after each, so that a
statement that is new tomorrow is a crash point tomorrow. Then a real process is killed at each of them: when it has
heard of the one before and this one was not sent, and, where something is committed, when the server has done it and
nobody heard of that. To a database all other moments are one of these. Three things are asked. Is what is there now
what was there at that moment of the undisturbed run: nothing half? Is everything that is left worked by others, once
the dead was silent for long enough, and charged for the crash, and no row twice? And is there nothing left to do for
whoever comes after?
"""

import asyncio
from uuid import uuid4

import pytest
from crash_process import OPERATIONS, POLICY, Way, sendable
from lab.forks import Forks
from lab.gate import Gate
from lab.laboratory import Laboratory
from lab.tables import Page
from lab.witness import COMPLETED, EFFECTS, EMPTY, FAILED, PROCESSING, QUEUED, Sight
from sqlalchemy import insert, text

DEADLINE = 20  # seconds, a failure guard
OVER = text(
    "select count(*) = 0 from pg_stat_activity where datname = current_database() and pid = any(cast(:pids as int[]))"
)


class Scene:
    """A database, a gate before it, and processes that end there."""

    def __init__(self, lab, gate, forks, facts):
        self.lab, self.gate, self.forks = lab, gate, forks
        self.facts = {"types": dict(facts.types), "nullable": list(facts.nullable), "oids": dict(facts.oids)}
        self.others = self.way()

    def way(self):
        """A way to the database for somebody who is never disturbed."""
        return Way(self.lab.url, self.lab.clock, str(uuid4()), self.facts)

    async def begin(self, operation):
        """Three queued pages, and a process at the first statement of an operation."""
        await self.lab.execute(EMPTY)
        await self.lab.execute(insert(Page), [{"id": number, "status": "Queued"} for number in (1, 2, 3)])
        await self.lab.move_clock(seconds=0)
        self.gate.record.clear()
        self.others.worker = uuid4()
        claims = [sendable(claim) for claim in await OPERATIONS[operation].before(self.others)]
        order = {"worker": str(self.others.worker), "facts": self.facts, "operation": operation, "claims": claims}
        await self.forks.start(url=self.gate.url, clock=self.lab.clock, **order)
        self.ending = asyncio.create_task(self.forks.ended())

    async def stop(self):
        """The next statement that waits; none when the process is over."""
        arriving = asyncio.create_task(self.gate.arrival())
        await asyncio.wait([arriving, self.ending], timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED)
        arriving.cancel()
        assert arriving.done() or self.ending.done(), "neither came a statement, nor an end"
        return None if self.gate.waiting == [] else self.gate.waiting[0]

    async def look(self):
        """What a bystander sees."""
        return await Sight.taken(self.lab)

    async def undisturbed(self, operation):
        """Let an operation come to its end. Returns its statements, and what was seen before them and after each."""
        await self.begin(operation)
        stops, seen = [], [await self.look()]
        while stop := await self.stop():
            stop.go()
            await stop.answered.wait()
            stops.append(stop)
            seen.append(await self.look())
        assert await self.ending == 0
        return stops, seen

    async def killed(self, operation, at, *, reached):
        """Kill the process at a statement, by its number, before the server has it or after it did it."""
        await self.begin(operation)
        for _ in range(at):
            stop = await self.stop()
            stop.go()
            await stop.answered.wait()
        stop = await self.stop()
        if reached:
            stop.go(unheard=True)
            await stop.answered.wait()
        self.forks.kill()
        assert await self.ending < 0
        dead = self.gate.cut()
        await self.lab.eventually(lambda: self.lab.scalar(OVER, {"pids": dead}))
        return await self.look()

    async def others_take_over(self):
        """Let a host that knows nothing sweep, claim and settle until nothing is left."""
        await self.lab.move_clock(minutes=10)
        way, way.worker = self.others, uuid4()
        await way.store.operating.resume("pages")
        await way.sweep()
        await self.lab.move_clock(minutes=20)
        while claims := [*await way.claims().due(10), *await way.fresh()]:
            await way.settle(claims, *[lambda claim: claim.token] * len(claims))
        return await self.look()


@pytest.fixture
async def scene(database_url, eventually):
    lab = Laboratory(database_url, eventually, pooled=True)
    await lab.create()
    await lab.create(EFFECTS)
    await lab.make_clock()
    way = Way(lab.url, lab.clock, str(uuid4()))
    facts = (await way.store.describe(way.rows.table)).as_facts()
    await way.store.close()
    async with Gate(lab.url).open() as gate, Forks.ready() as forks:
        gate.closed = True
        scene = Scene(lab, gate, forks, facts)
        yield scene
        await scene.others.store.close()
    await lab.close()


def taken_over(sight):
    """The pages and the history that there must be once others took over what there is."""
    pages, history = {}, [(attempt.item, attempt.attempt, attempt.outcome) for attempt in sight.ended.values()]
    for number, page in sight.pages.items():
        claim, item, status, attempt = sight.claims.get(number), f"[{number}]", page.status, 0
        wanted = page.curation == "Selected"
        if claim is not None and claim.worker is None and status == QUEUED:
            attempt = claim.attempt
        elif claim is not None and claim.worker is not None:
            theirs = status == PROCESSING and wanted
            history.append((item, claim.attempt, "lost" if theirs else "overruled"))
            if theirs:
                attempt, status = claim.attempt, QUEUED if claim.attempt < POLICY.max_attempts else FAILED
            elif status == PROCESSING:
                status = QUEUED
        if status == QUEUED and wanted:
            history.append((item, attempt + 1, "done"))
            status = COMPLETED
        pages[number] = (status, page.curation)
    return {"pages": pages, "history": sorted(history)}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_process_may_end_before_and_after_every_statement(scene, operation, subtests):
    """I2, I4 and I5."""
    stops, seen = await scene.undisturbed(operation)
    assert any(stop.committed for stop in stops)
    for at, stop in enumerate(stops):
        assert stop.committed or seen[at].summary() == seen[at + 1].summary(), f"{stop} shows too early"
        for reached in (False, True)[: 1 + stop.committed]:
            with subtests.test(f"{'after' if reached else 'before'} statement {at + 1}: {stop.sql[:60]}"):
                found = await scene.killed(operation, at, reached=reached)
                assert found.summary() == seen[at + reached].summary(), "half of something is there"
                after, expected = await scene.others_take_over(), taken_over(found)
                assert after.claims == {}
                assert {key: after.summary()[key] for key in expected} == expected
                saved = {"done", "retry"} if operation == "settle of a retry with a result" else {"done"}
                due = [token for token, attempt in after.ended.items() if attempt.outcome in saved]
                assert sorted(due) == after.made, "an effect for each result, and one only"
                assert (await scene.others_take_over()).summary() == after.summary()
