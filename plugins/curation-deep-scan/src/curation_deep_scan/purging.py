"""Removes what Google said and may be kept no longer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Update, case, delete, func, literal, null, select, update

from curation_deep_scan.budget import Sessions
from curation_deep_scan.details import CONTENT_FACTS
from curation_deep_scan.models import DeepScanContent, LocalBusiness
from curation_deep_scan.saving import digest

BATCH = 500
NEVER_PURGED = frozenset({"id", "tenant_id", "place_id", "lead_source", "status", "additional_json"})
_logger = logging.getLogger(__name__)
_JSON_FACTS = literal(list(CONTENT_FACTS), ARRAY(Text))


@asynccontextmanager
async def purging(sessions: Sessions, every_hours: float) -> AsyncIterator[None]:
    """Purge again and again inside the block, beginning at once.

    Args:
        sessions: Short transactions.
        every_hours: How often; 0 for never.
    """
    if not every_hours:
        yield
        return
    purges = asyncio.create_task(_purge_every(sessions, every_hours * 3600))
    try:
        yield
    finally:
        purges.cancel()
        await asyncio.gather(purges, return_exceptions=True)


async def _purge_every(sessions: Sessions, seconds: float) -> None:
    while True:
        try:
            purged = await purge(sessions)
        except Exception:
            _logger.exception("nothing was purged")
        else:
            _logger.info("what Google said of %d businesses may be kept no longer, and was removed", purged)
        await asyncio.sleep(seconds)


async def purge(sessions: Sessions, older_than_days: int | None = None, *, dry_run: bool = False) -> int:
    """Empty the columns that still hold what Google said, where it was said too long ago.

    A column is emptied if its value is the one that was saved; what somebody wrote since stays, as do place ID, status,
    tenant and everything else.

    Args:
        sessions: Short transactions.
        older_than_days: How old it may be; ``None`` takes the ``content_ttl_days`` that held when it was fetched.
        dry_run: Only count.

    Returns:
        How many businesses were, or would be, emptied.
    """
    expired = _expired(older_than_days)
    if dry_run:
        async with sessions() as session:
            return await session.scalar(select(func.count()).select_from(_due(expired).subquery())) or 0
    purged = 0
    while True:
        # The business is locked first, as a settle does: the two wait for each other, and never crosswise.
        async with sessions.begin() as session:
            locked = _due(expired).limit(BATCH).with_for_update(of=LocalBusiness, key_share=True, skip_locked=True)
            found = (await session.scalars(locked)).all()
            await session.execute(_empty(found))
            await session.execute(delete(DeepScanContent).where(DeepScanContent.place_id.in_(found)))
        if not found:
            break
        purged += len(found)
    async with sessions.begin() as session:
        await session.execute(delete(DeepScanContent).where(expired, ~_has_business()))
    return purged


def _expired(older_than_days: int | None) -> ColumnElement[bool]:
    if older_than_days is None:
        return DeepScanContent.expires_at <= func.now()
    return DeepScanContent.fetched_at <= func.now() - literal(timedelta(days=older_than_days))


def _due(expired: ColumnElement[bool]) -> Select[str]:
    joined = LocalBusiness.place_id == DeepScanContent.place_id
    return select(DeepScanContent.place_id).join(LocalBusiness, joined).where(expired).order_by(LocalBusiness.id)


def _has_business() -> ColumnElement[bool]:
    return select(LocalBusiness.id).where(LocalBusiness.place_id == DeepScanContent.place_id).exists()


def _empty(place_ids: Sequence[str]) -> Update:
    business, content = LocalBusiness.__table__, DeepScanContent.__table__
    told = {
        column: case((digest(column) == content.c.digests[column.key].astext, null()), else_=column)
        for column in business.columns
        if column.key not in NEVER_PURGED
    }
    facts = business.c.additional_json
    purged_at = func.jsonb_build_object("purged_at", func.now())
    without = case((func.jsonb_typeof(facts) == "object", facts.op("-")(_JSON_FACTS).op("||")(purged_at)), else_=facts)
    statement = update(LocalBusiness).values({**told, facts: without})
    return statement.where(
        LocalBusiness.place_id == DeepScanContent.place_id, LocalBusiness.place_id.in_(place_ids)
    ).execution_options(synchronize_session=False)
