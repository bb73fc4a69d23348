"""Removes what Google said and may be kept no longer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Update, case, delete, func, literal, null, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from curation_deep_scan.details import CONTENT_FACTS
from curation_deep_scan.models import DeepScanContent, LocalBusiness
from curation_deep_scan.saving import digest

BATCH = 500
NEVER_PURGED = frozenset({"id", "tenant_id", "place_id", "lead_source", "status", "additional_json"})
_JSON_FACTS = literal(list(CONTENT_FACTS), ARRAY(Text))


async def purge(engine: AsyncEngine, older_than_days: int | None = None, *, dry_run: bool = False) -> int:
    """Empty the columns that still hold what Google said, where it was said too long ago.

    A column is emptied if its value is the one that was saved; what somebody wrote since stays, as do place ID, status,
    tenant and everything else.

    Args:
        engine: The database.
        older_than_days: How old it may be; ``None`` takes the ``content_ttl_days`` that held when it was fetched.
        dry_run: Only count.

    Returns:
        How many businesses were, or would be, emptied.
    """
    expired = _expired(older_than_days)
    if dry_run:
        async with AsyncSession(engine) as session:
            return await session.scalar(select(func.count()).select_from(_due(expired).subquery())) or 0
    purged = 0
    while True:
        # The business is locked first, as a settle does: the two wait for each other, and never crosswise.
        async with AsyncSession(engine) as session, session.begin():
            locked = _due(expired).limit(BATCH).with_for_update(of=LocalBusiness, key_share=True, skip_locked=True)
            found = (await session.scalars(locked)).all()
            await session.execute(_empty(found))
            await session.execute(delete(DeepScanContent).where(DeepScanContent.place_id.in_(found)))
        if not found:
            break
        purged += len(found)
    async with AsyncSession(engine) as session, session.begin():
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
