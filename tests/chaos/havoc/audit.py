"""What became of every queueing, asked of the database when nothing is left to do, or should be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import case, func, select, union

from havoc.contestant import Contestant
from havoc.server import Database
from havoc.tables import Effect, Queueing


class Counts(NamedTuple):
    """An audit.

    Args:
        items: Queueings that were wanted to the end: no person moved or deleted the page before it was done.
        effects: What the work wrote.
        lost: Wanted queueings without an effect, whatever is said of them.
        given_up: Those of the lost that ended as a failure, by a rule that the contestant has written down.
        doubled: Effects beyond one for each wanted queueing, and all effects of those that were overruled.
        zombies: Items that look as if somebody worked them, when nothing should be left to do.
        charged: Attempts that counted and came to nothing.
        overruled: Queueings that a person ended.
    """

    items: int
    effects: int
    lost: int
    given_up: int
    doubled: int
    zombies: int
    charged: int
    overruled: int

    @property
    def sound(self) -> bool:
        """Whether every wanted queueing had its effect, once, and nothing hangs."""
        return not (self.lost or self.doubled or self.zombies)


async def audit(contestant: Contestant, database: Database) -> Counts:
    """Count. Each figure is a question of its own to the tables; none is a difference of others."""
    wanted, effects = Queueing.overruled.is_(False), func.count(Effect.id)
    by_queueing = (
        select(Queueing.id, wanted.label("wanted"), effects.label("effects"))
        .outerjoin(Effect, Effect.queueing == Queueing.id)
        .group_by(Queueing.id)
        .subquery()
    )
    each = by_queueing.c
    surplus = each.effects - case((each.wanted, func.least(each.effects, 1)), else_=0)
    remains = await contestant.remains(database)
    without = {queueing for (queueing,) in await database.all(select(each.id).where(each.wanted, each.effects == 0))}
    items, found, doubled, overruled = [
        int(await database.one(question))
        for question in (
            select(func.count()).where(wanted),
            select(func.count()).select_from(Effect),
            select(func.coalesce(func.sum(surplus), 0)),
            select(func.count()).where(Queueing.overruled),
        )
    ]
    return Counts(
        items=items,
        effects=found,
        lost=len(without),
        given_up=len(without & remains.given_up),
        doubled=doubled,
        zombies=remains.zombies,
        charged=remains.charged,
        overruled=overruled,
    )


async def effects_at(database: Database, since: float) -> list[float]:
    """When each effect from a moment on was written, in seconds of the epoch, in order."""
    later = select(func.extract("epoch", Effect.at)).where(Effect.at >= func.to_timestamp(since)).order_by(Effect.at)
    return [float(moment) for (moment,) in await database.all(later)]


async def effects_of(database: Database, queueings: Collection[int]) -> set[int]:
    """Which of these queueings have an effect, or are not wanted any more."""
    done = select(Effect.queueing).where(Effect.queueing.in_(queueings))
    overruled = select(Queueing.id).where(Queueing.id.in_(queueings), Queueing.overruled)
    return {queueing for (queueing,) in await database.all(union(done, overruled))}


Calls = dict[int, list[float]]
"""When the outside was called for each queueing, in seconds of the epoch."""


def calls(file: Path) -> Calls:
    """Every call that was made."""
    found: Calls = defaultdict(list)
    for line in file.read_text().splitlines():
        queueing, at = line.split()
        found[int(queueing)].append(float(at))
    return found


def running_again(made: Calls, held: Collection[int], since: float) -> dict[int, float]:
    """When each of some queueings was first called for after a moment, if it was."""
    later = {each: [at for at in made.get(each, ()) if at > since] for each in held}
    return {queueing: min(moments) for queueing, moments in later.items() if moments}
