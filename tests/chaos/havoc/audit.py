"""What became of every queueing, asked of the database when nothing is left to do, or should be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, or_, select, union

from curation_core.ledger import Ledger
from havoc.server import Database
from havoc.tables import STATES, Effect, Page, Queueing
from havoc.workflow import NAME

CHARGED = ("lost", "retry", "failed")
LEDGER = Ledger()


class Counts(NamedTuple):
    """An audit.

    Args:
        items: Queueings that were wanted to the end: no person moved or deleted the page before it was done.
        effects: What ``save_result`` wrote.
        lost: Wanted queueings without an effect, whatever their page says.
        doubled: Effects beyond one for each wanted queueing, and all effects of those that were overruled.
        zombies: Pages in *Processing*, and live claims on pages that are not, when nothing should be left to do.
        failed: Pages in *Error*: the plugin never fails, so the engine gave them up. They are among the lost.
        charged: Attempts that counted and came to nothing.
        overruled: Queueings that a person ended.
    """

    items: int
    effects: int
    lost: int
    doubled: int
    zombies: int
    failed: int
    charged: int
    overruled: int

    @property
    def sound(self) -> bool:
        """Whether every wanted queueing had its effect, once, and nothing hangs."""
        return not (self.lost or self.doubled or self.zombies)


async def audit(database: Database) -> Counts:
    """Count. Each figure is a question of its own to the tables; none is derived from another."""
    wanted, effects = Queueing.overruled.is_(False), func.count(Effect.id)
    by_queueing = (
        select(Queueing.id, wanted.label("wanted"), effects.label("effects"))
        .outerjoin(Effect, Effect.queueing == Queueing.id)
        .group_by(Queueing.id)
        .subquery()
    )
    each = by_queueing.c
    surplus = each.effects - case((each.wanted, func.least(each.effects, 1)), else_=0)
    claim, attempt = LEDGER.claim.c, LEDGER.attempt.c
    claims = (
        select(func.coalesce(Page.id, 0))
        .select_from(LEDGER.claim)
        .outerjoin(Page, func.concat("[", Page.id, "]") == claim.item)
        .where(claim.workflow == NAME, claim.worker.is_not(None))
        .where(or_(Page.id.is_(None), Page.status != STATES.processing))
    )
    questions = [
        select(func.count()).where(wanted),
        select(func.count()).select_from(Effect),
        select(func.count()).where(each.wanted, each.effects == 0),
        select(func.coalesce(func.sum(surplus), 0)),
        select(func.count()).where(Page.status == STATES.processing),
        select(func.count()).select_from(claims.subquery()),
        select(func.count()).where(Page.status == STATES.failed),
        select(func.count()).where(attempt.workflow == NAME, attempt.outcome.in_(CHARGED)),
        select(func.count()).where(Queueing.overruled),
    ]
    items, found, lost, doubled, hanging, astray, failed, charged, overruled = [
        int(await database.one(question)) for question in questions
    ]
    return Counts(items, found, lost, doubled, hanging + astray, failed, charged, overruled)


async def idle(database: Database) -> bool:
    """Whether nothing is queued, worked or claimed."""
    page = select(Page.id).where(Page.status.in_([STATES.queued, STATES.processing])).limit(1)
    claim = select(LEDGER.claim.c.token).limit(1)
    return not (await database.all(page) or await database.all(claim))


async def effects_at(database: Database, since: float) -> list[float]:
    """When each effect from a moment on was written, in seconds of the epoch, in order."""
    later = select(func.extract("epoch", Effect.at)).where(Effect.at >= func.to_timestamp(since)).order_by(Effect.at)
    return [float(moment) for (moment,) in await database.all(later)]


async def effects_of(database: Database, queueings: Collection[int]) -> set[int]:
    """Which of these queueings have an effect, or are not wanted any more."""
    done = select(Effect.queueing).where(Effect.queueing.in_(queueings))
    overruled = select(Queueing.id).where(Queueing.id.in_(queueings), Queueing.overruled)
    return {queueing for (queueing,) in await database.all(union(done, overruled))}


def _holding() -> Select[Any]:
    """The queueings in the hands of a host, and its process."""
    claim, worker = LEDGER.claim.c, LEDGER.worker.c
    return (
        select(Page.queueing, worker.pid)
        .join(LEDGER.claim, func.concat("[", Page.id, "]") == claim.item)
        .join(LEDGER.worker, worker.id == claim.worker)
    )


async def held_by(database: Database, pid: int) -> set[int]:
    """The queueings that a host process holds claims on at this moment."""
    return {queueing for queueing, _ in await database.all(_holding().where(LEDGER.worker.c.pid == pid))}


async def holder_of(database: Database, queueing: int) -> int:
    """The process that holds a claim on a queueing; 0 where none does."""
    return sum(pid for _, pid in await database.all(_holding().where(Page.queueing == queueing)))


class Call(NamedTuple):
    """One call to the outside: by which process, and when, in seconds of the epoch."""

    pid: int
    at: float


Calls = dict[int, list[Call]]
"""The calls of each queueing."""


def calls(file: Path) -> Calls:
    """Every call that was made."""
    found: Calls = defaultdict(list)
    for line in file.read_text().splitlines():
        queueing, pid, at = line.split()
        found[int(queueing)].append(Call(int(pid), float(at)))
    return found


def running_again(made: Calls, held: Collection[int], pid: int, since: float) -> dict[int, float]:
    """When each queueing that a process held was first called for by another one.

    Args:
        made: All calls.
        held: What it held.
        pid: The process.
        since: When it was killed or frozen.
    """
    later = {each: [call.at for call in made.get(each, ()) if call.pid != pid and call.at > since] for each in held}
    return {queueing: min(moments) for queueing, moments in later.items() if moments}
