"""What a bystander sees of the pages, one snapshot after another, and what must hold from each to the next.

Everything that the promise says of one commit is written down here a second time, without the engine's code: what may
become of a claim, and which change of the row, which effect and which line of history belong to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace

from sqlalchemy import BigInteger, Column, Identity, MetaData, insert, text

from lab.matrix import model_of

EFFECTS = MetaData()
MADE = model_of(
    "made",
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("page_id", BigInteger),
    Column("token", BigInteger),
    metadata=EFFECTS,
)
"""What ``save_result`` writes: nothing keeps it from being there twice but the engine."""

LOOK = text(
    "select json_build_object("
    "'now', curation_test.now(), "
    "'pages', (select json_object_agg(id, json_build_object('status', status, 'curation', curation)) from page), "
    "'claims', (select json_object_agg(item::jsonb ->> 0, row_to_json(one)) from curation.claim as one), "
    "'ended', (select json_object_agg(token, row_to_json(one)) from curation.attempt as one), "
    "'made', (select json_agg(token order by token) from made), "
    "'silent', (select json_object_agg(id, extract(epoch from curation_test.now() - heartbeat_at)) "
    "from curation.worker), "
    "'paused', (select exists (select from curation.control where paused_until > curation_test.now())))"
)
EMPTY = text("truncate page, made, contact, curation.claim, curation.attempt, curation.worker, curation.control")
QUEUED, PROCESSING, COMPLETED, FAILED = "Queued", "Processing", "Completed", "Error"
ENDS = {
    "done": COMPLETED,
    "skipped": COMPLETED,
    "failed": FAILED,
    "retry": QUEUED,
    "released": QUEUED,
    "paused": QUEUED,
}
UNCHARGED = {"released", "paused"}


async def save_token(session, item, result):
    """A ``save_result`` whose result is the token of its claim."""
    await session.execute(insert(MADE.__table__).values(page_id=item.id, token=result))


class Sight:
    """One snapshot.

    Args:
        seen: What `LOOK` answers.
    """

    def __init__(self, seen):
        seen = json.loads(seen) if isinstance(seen, str) else seen
        self.now = datetime.fromisoformat(seen["now"])
        self.pages = {int(number): SimpleNamespace(**page) for number, page in (seen["pages"] or {}).items()}
        self.claims = {int(number): SimpleNamespace(**claim) for number, claim in (seen["claims"] or {}).items()}
        self.ended = {int(token): SimpleNamespace(**attempt) for token, attempt in (seen["ended"] or {}).items()}
        self.made = seen["made"] or []
        self.workers = seen["silent"] or {}
        self.paused = seen["paused"]

    @classmethod
    async def taken(cls, lab):
        """What there is to see at this moment."""
        return cls(await lab.scalar(LOOK))

    @property
    def live(self):
        """The claims that workers hold, by page."""
        return {number: claim for number, claim in self.claims.items() if claim.worker is not None}

    def is_due(self, claim):
        """Whether a claim waits, and its wait is over."""
        return claim.worker is None and datetime.fromisoformat(claim.retry_at) <= self.now

    def silent(self, lost_after):
        """The workers with claims that were not heard of for so long, or are not in the list."""
        heard = {worker for worker, seconds in self.workers.items() if seconds < lost_after.total_seconds()}
        return {claim.worker for claim in self.live.values()} - heard

    def summary(self):
        """What is the same in every run that did the same: no tokens, no times, no ids."""
        order = sorted(self.ended.values(), key=lambda attempt: attempt.token)
        return {
            "pages": {number: (page.status, page.curation) for number, page in self.pages.items()},
            "claims": {
                number: (claim.worker is not None, claim.attempt, claim.lost) for number, claim in self.claims.items()
            },
            "history": sorted((attempt.item, attempt.attempt, attempt.outcome) for attempt in order),
            "effects": len(self.made),
            "paused": self.paused,
            "workers": len(self.workers),
        }


@dataclass
class Meanwhile:
    """What else is known of the step between two snapshots.

    Args:
        by_people: The pages that a person changed.
        queued: The pages that a person queued by the command, which drops their waits.
        saving: The tokens whose outcome has a result to save.
        uncharged: The tokens whose outcome does not count as an attempt.
        silent: The workers that whoever sweeps may hold for dead.
        may_claim: A claim that was begun before a pause is still under way.
        max_attempts: The policy's.
        max_in_flight: The policy's; 0 is no limit.
        max_instances: Likewise.
    """

    by_people: frozenset = frozenset()
    queued: frozenset = frozenset()
    saving: frozenset = frozenset()
    uncharged: frozenset = frozenset()
    silent: frozenset = frozenset()
    may_claim: bool = False
    max_attempts: int = 3
    max_in_flight: int = 0
    max_instances: int = 0


def complaints(before: Sight, after: Sight, meanwhile: Meanwhile) -> Iterator[str]:
    """What of the promise was broken from one snapshot to the next; nothing when it was kept."""
    yield from _whole(before, after, meanwhile)
    for number in sorted({*before.pages, *after.pages, *before.claims, *after.claims}):
        for complaint in _of_page(number, before, after, meanwhile):
            yield f"page {number}: {complaint}"


def _whole(before, after, meanwhile):
    ended = {token: attempt for token, attempt in after.ended.items() if token not in before.ended}
    made = sorted(after.made)
    for token in set(before.made):
        made.remove(token)
    due = {token for token, attempt in ended.items() if attempt.outcome == "done" or
           (token in meanwhile.saving and attempt.outcome in {"retry", "failed", "skipped"})}  # fmt: skip
    if made != sorted(due):
        yield f"I2: effects of {made}, and history of {ended}"
    if len(after.live) > len(before.live):
        if meanwhile.max_in_flight and len(after.live) > meanwhile.max_in_flight:
            yield f"{len(after.live)} rows are in flight"
        workers = {claim.worker for claim in after.live.values()}
        if meanwhile.max_instances and len(workers) > meanwhile.max_instances:
            yield f"{len(workers)} instances work"
    for number, page in after.pages.items():
        if page.status == PROCESSING and number not in after.live:
            yield f"I4: page {number} is in processing and nobody's"


def _of_page(number, before, after, meanwhile):
    was, now = before.claims.get(number), after.claims.get(number)
    held = was is not None and was.worker is not None
    over = held and (now is None or now.token != was.token)
    ended = [attempt for token, attempt in after.ended.items() if token not in before.ended]
    ended = [attempt for attempt in ended if attempt.item == f"[{number}]"]
    if [(attempt.token, attempt.worker) for attempt in ended] != ([(was.token, was.worker)] if over else []):
        yield f"I3: {ended} ended while {was} became {now}"
        return
    outcome = ended[0].outcome if ended else None
    if now is not None and not (now.lost < 3 and 0 <= now.attempt <= meanwhile.max_attempts):
        yield f"I5: {now}"
    if outcome is not None:
        yield from _ending(was, now, outcome, before.pages.get(number), meanwhile)
    claimed = now is not None and now.worker is not None and (was is None or now.token != was.token)
    if claimed:
        yield from _claiming(None if outcome else was, now, before.pages.get(number), before, after, meanwhile)
    elif outcome is None:
        yield from _resting(number, was, now, before, after, meanwhile)
    if number not in meanwhile.by_people:
        yield from _moving(number, before, after, outcome, claimed=claimed, again=now is not None)


def _ending(was, now, outcome, page, meanwhile):
    waits = now is not None and now.worker is None
    if waits and now.queueing != was.queueing:
        yield f"I5: {was} became {now} by {outcome!r}"
    if outcome == "lost":
        if was.worker not in meanwhile.silent:
            yield f"I4: {was} was taken from a worker that lives"
        last = was.lost + 1 >= 3 or was.attempt >= meanwhile.max_attempts
        if waits == last or (waits and (now.attempt, now.lost) != (was.attempt, was.lost + 1)):
            yield f"I5: {was} became {now} by a rescue"
    elif outcome in {"retry", *UNCHARGED}:
        free = outcome in UNCHARGED or was.token in meanwhile.uncharged
        charged = was.attempt - free
        if not waits or (now.attempt, now.lost) != (charged, was.lost):
            yield f"I5: {was} became {now} by {outcome!r}"
        if not free and was.attempt >= meanwhile.max_attempts:
            yield f"I5: {was} is to be tried again"
    elif waits:
        yield f"I5: {was} became {now} by {outcome!r}"
    if outcome != "overruled" and (page is None or page.status != PROCESSING or page.curation != "Selected"):
        yield f"I6: {outcome!r} of a page that a person has made {page}"


def _claiming(was, now, page, before, after, meanwhile):
    if was is None:
        if (now.attempt, now.queueing, now.lost) != (1, now.token, 0):
            yield f"I5: claimed for the first time as {now}"
    elif (now.attempt, now.queueing, now.lost) != (was.attempt + 1, was.queueing, was.lost):
        yield f"I5: {was} was claimed as {now}"
    elif datetime.fromisoformat(was.retry_at) > after.now:
        yield f"I5: {was} was claimed before its time"
    if page is None or page.status != QUEUED or page.curation != "Selected":
        yield f"I6: {now} is a claim of a page that a person has made {page}"
    if before.paused and not meanwhile.may_claim:
        yield f"I6: {now} is a claim of a workflow that is paused"


def _resting(number, was, now, before, after, meanwhile):
    if was == now:
        return
    page = before.pages.get(number)
    unwanted = page is None or page.status != QUEUED or page.curation != "Selected"
    stale = was is not None and now is None and datetime.fromisoformat(was.retry_at) <= after.now and unwanted
    if not stale and not (was is not None and now is None and number in meanwhile.queued):
        yield f"I5: {was} became {now}"


def _moving(number, before, after, outcome, *, claimed, again):
    page, then = before.pages.get(number), after.pages.get(number)
    if page is None or then is None or page.curation != then.curation:
        if page != then:
            yield f"I6: {page} became {then}"
        return
    if claimed:
        expected = (QUEUED, PROCESSING)
    elif outcome is None or (outcome == "overruled" and page.status != PROCESSING):
        expected = (page.status, page.status)
    elif outcome == "overruled":  # whoever withdrew it may have changed their mind again in the midst of the settle
        expected = (PROCESSING, QUEUED)
    elif outcome == "lost":
        expected = (PROCESSING, QUEUED if again else FAILED)
    else:
        expected = (PROCESSING, ENDS[outcome])
    if (page.status, then.status) != expected:
        yield f"I6: {page.status} became {then.status} by {outcome!r}{' and a claim' * claimed}"
