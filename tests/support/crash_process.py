"""Processes that do one thing of the protocol each, and may be ended at any statement of it.

It reads an order a line, a JSON object: ``url`` (by way of a gate), ``clock``, ``worker``, ``facts`` (what the database
says of the table), ``operation`` and its ``claims``. For each it forks, so that a process costs some milliseconds and
not the second that the imports take, and says ``started PID``, then ``ended PID STATUS``.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import traceback
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).parent))

from lab.lanes import LOST_AFTER
from lab.tables import Page, pages_workflow, quick
from lab.witness import save_token
from sqlalchemy import text

from curation_core import Fail, Pause, Retry, Skip, _judge
from curation_core._rescuer import Rescuer
from curation_core._sql.cursor import Cursor
from curation_core._sql.rows import Facts, Rows
from curation_core._store import Store
from curation_core._store.claiming import Limits
from curation_core.claims import Claim
from curation_core.host import Observers
from curation_core.settings import DatabaseSettings

POLICY = quick(max_attempts=3)


class Way:
    """The engine's stores over one URL, for one worker."""

    def __init__(self, url, clock, worker, facts=None):
        self.store = Store(url, DatabaseSettings(clock=clock, pool_size=2), timedelta(hours=1))
        self.worker = UUID(worker)
        self.rows = Rows("pages", WORKFLOW, facts and Facts(**facts))

    @property
    def settling(self):
        """Settles pages, with an effect for each result."""
        return self.store.settling(self.rows, save_token, {"made": ["pages"]}, timedelta(seconds=10))

    def claims(self, limits=Limits(), worker=None):  # noqa: B008 - it can't be changed
        """Claims pages."""
        return self.store.claims(self.rows, worker or self.worker, limits)

    async def fresh(self, limit=10, limits=Limits(), worker=None):  # noqa: B008 - likewise
        """Rows that were just claimed."""
        return (await self.claims(limits, worker).fresh(limit, Cursor())).claims

    async def settle(self, claims, *returned):
        """Settle each claim by what its attempt returned; an outcome that can be called is given the claim."""
        judged = [
            _judge.judge(claim, each(claim) if callable(each) else each, POLICY)
            for claim, each in zip(claims, returned, strict=False)
        ]
        await self.settling.settle(self.worker, judged)

    async def edit(self, statement):
        """What a person does."""
        async with self.store.engine.begin() as connection:
            await connection.execute(statement)

    async def sweep(self, policy=POLICY):
        """What every host does every few seconds."""
        workflows = {"pages": (self.rows, self.settling, policy)}
        await Rescuer(self.store.upkeep(LOST_AFTER), workflows, Observers({}), timedelta(days=90)).sweep()


WORKFLOW = pages_workflow(where=Page.curation == "Selected")
FIRST_IS_DONE = text("update page set status = 'Done' where id = 1")
SECOND_IS_DONE = text("update page set status = 'Done' where id = 2")
FIRST_IS_REJECTED = text("update page set curation = 'Rejected' where id = 1")
AT_ONCE = Retry(timedelta(0), "not yet")


def result(claim):
    """What is saved of a claim: its token."""
    return claim.token


def again_with(saved):
    """A retry that has something to save already."""
    return Retry(timedelta(0), "more", result=saved)


class Operation:
    """Something that a process does, and what must be there before.

    Args:
        before: ``(way)``: done by somebody who is not disturbed, as the same worker. Returns the claims for it.
        act: ``(way, claims)``: done at the gate.
    """

    def __init__(self, before, act):
        self.before = before
        self.act = act


async def fresh(way):
    return await way.fresh()


async def nothing(way):
    return []


async def left_by_others(way):
    await way.fresh(2, worker=uuid4())
    await way.fresh(1, worker=uuid4())
    return []


async def waiting(way):
    await way.settle(await way.fresh(), AT_ONCE, AT_ONCE, AT_ONCE)
    return []


async def waiting_for_nothing(way):
    await waiting(way)
    await way.edit(FIRST_IS_DONE)
    return []


async def failed_and_waiting(way):
    await way.settle(await way.fresh(), Fail("no"), AT_ONCE, Fail("no"))
    return []


async def moved_by_people(way):
    claims = await way.fresh()
    await way.edit(FIRST_IS_REJECTED)
    await way.edit(SECOND_IS_DONE)
    return claims


def settles(*returned):
    """Settle what was claimed."""

    async def settle(way, claims):
        await way.settle(claims, *returned)

    return settle


async def claims_under_a_limit(way, claims):
    await way.fresh(limits=Limits(max_in_flight=2, max_instances=1))


async def releases(way, claims):
    await way.settling.settle(way.worker, [_judge.release(claim, "the host stopped") for claim in claims])


async def lives(way, claims):
    upkeep = way.store.upkeep(LOST_AFTER)
    await upkeep.register(way.worker, "host", os.getpid(), "0", ["pages"])
    await upkeep.beat(way.worker)
    await upkeep.leave(way.worker)


OPERATIONS = {
    "claim": Operation(nothing, lambda way, _: way.fresh()),
    "claim under a limit": Operation(nothing, claims_under_a_limit),
    "claim of what is due": Operation(waiting, lambda way, _: way.claims().due(10)),
    "settle of one": Operation(lambda way: way.fresh(1), settles(result)),
    "settle of a group": Operation(fresh, settles(result, Fail("no"), result)),
    "settle of a skip and a retry": Operation(fresh, settles(Skip("nothing"), AT_ONCE, result)),
    "settle of a retry with a result": Operation(fresh, settles(lambda claim: again_with(result(claim)), result)),
    "settle of a pause": Operation(fresh, settles(Pause(timedelta(minutes=1), "quota"), result, result)),
    "settle that people overrule": Operation(moved_by_people, settles(result, AT_ONCE, result)),
    "release": Operation(fresh, releases),
    "rescue": Operation(left_by_others, lambda way, _: way.sweep()),
    "rescue for the last time": Operation(left_by_others, lambda way, _: way.sweep(quick(max_attempts=1))),
    "sweep of a wait": Operation(waiting_for_nothing, lambda way, _: way.sweep()),
    "queue": Operation(failed_and_waiting, lambda way, _: way.store.operating.queue(way.rows, ["[1]", "[2]", "[3]"])),
    "a worker's life": Operation(nothing, lives),
}


def sendable(claim):
    """A claim as JSON can have it."""
    numbers = (claim.token, claim.queueing, claim.attempt, claim.lost)
    return [claim.row.id, claim.item, *numbers, claim.claimed_at.isoformat()]


def received(number, item, token, queueing, attempt, lost, claimed_at):
    """The claim again."""
    return Claim(Page(id=number), item, token, queueing, attempt, lost, datetime.fromisoformat(claimed_at))


async def perform(order):
    """Do what is ordered."""
    claims = [received(*claim) for claim in order.pop("claims")]
    await OPERATIONS[order.pop("operation")].act(Way(**order), claims)


def say(*words):
    """Tell the test."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main():
    """Fork for each order, one after the other."""
    way = Way("postgresql+asyncpg://nobody@nowhere/", "", str(uuid4()))  # what it imports and builds is there, then
    warm = [way.settling, way.claims(), way.store.upkeep(LOST_AFTER), way.store.engine.dialect.import_dbapi()]
    gc.freeze()
    del warm
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(perform(json.loads(line)))
            except BaseException:  # noqa: BLE001 - whatever it was, a fork must not go on where its parent does
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        say("started", child)
        _, status = os.waitpid(child, 0)
        say("ended", child, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
