"""What ``save_result`` executes, in the settle's transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from curation_core import Fail, Outcome
from curation_deep_scan.models import DeepScanContent, LocalBusiness, Place
from curation_deep_scan.profiles import Profile
from curation_deep_scan.scanning import Scan

SOURCE = "google_places"
_logger = logging.getLogger(__name__)


async def save_result(session: AsyncSession, item: Place, result: Scan) -> None:
    """Add the business, or fill in the one there is: of its columns only those for which the call brought a value.

    Args:
        session: The settle's session.
        item: The place that was queued; its ID stays the business's key, whatever ID the answer has.
        result: What the call brought.
    """
    facts = _facts(item, result)
    if result.settings.profile is Profile.REFRESH:
        known = update(LocalBusiness).where(LocalBusiness.place_id == item.place_id)
        changed = known.values({LocalBusiness.additional_json: _merged(literal(facts, JSONB))})
        await session.execute(changed.execution_options(synchronize_session=False))
    else:
        columns = _delivered(result.details.columns, result)
        await session.execute(_fill_business(item, columns, facts))
        await session.execute(_note_content(item.place_id, columns, result))
    if result.settings.queue_moved and result.details.is_closed and result.details.moved_to:
        await _queue_moved(session, item, result.details.moved_to)


def on_error(error: Exception) -> Outcome | None:
    """What becomes of a place whose result the database refused.

    Args:
        error: What ended the attempt.

    Returns:
        Failed where it was the database, since another attempt would pay again for the same refusal; ``None`` for what
        is not foreseen, which the policy decides.
    """
    if isinstance(error, SQLAlchemyError):
        return Fail(f"not_saved: {getattr(error, 'orig', None) or error}")
    return None


def _delivered(values: Mapping[str, Any], scan: Scan) -> dict[str, Any]:
    # An answer with odd fields is not believed where it is silent.
    if scan.settings.overwrite and not scan.details.odd:
        return dict(values)
    return {name: value for name, value in values.items() if value is not None}


def _facts(place: Place, scan: Scan) -> dict[str, Any]:
    facts = _delivered(scan.details.facts, scan)
    if scan.details.id != place.place_id:
        facts["current_place_id"] = scan.details.id
    if scan.settings.profile is Profile.REFRESH:
        return {**facts, "place_id_checked_at": scan.fetched_at.isoformat()}
    fetched = {
        "source": SOURCE,
        "field_profile": scan.settings.profile.value,
        "fetched_at": scan.fetched_at.isoformat(),
    }
    return {**facts, **fetched}


def _fill_business(place: Place, columns: Mapping[str, Any], facts: Mapping[str, Any]) -> Insert:
    table = LocalBusiness.__table__
    values = {table.c[name]: value for name, value in columns.items()}
    new = insert(LocalBusiness).values(
        {
            table.c.id: func.gen_random_uuid(),  # the application may make its own in Python, and have no default
            table.c.tenant_id: place.tenant_id,
            table.c.place_id: place.place_id,
            table.c.lead_source: SOURCE,
            table.c.status: _word("New"),
            table.c.additional_json: dict(facts),
            **values,
        }
    )
    return new.on_conflict_do_update(
        index_elements=[LocalBusiness.place_id],
        set_={
            **{column: new.excluded[column.key] for column in values},
            table.c.additional_json: _merged(new.excluded[table.c.additional_json.key]),
        },
    )


def _word(word: str) -> BindParameter[str]:
    # A bound parameter would carry the type VARCHAR, which a native enum refuses; a quoted literal has none.
    return bindparam(None, word, literal_execute=True)


def _merged(new: ColumnElement[Any]) -> ColumnElement[Any]:
    old = LocalBusiness.additional_json
    kind = func.jsonb_typeof(old)
    return case(
        (kind == "object", old.op("||")(new)),
        (or_(old.is_(None), kind == "null"), new),
        else_=old,  # somebody keeps something else there
    )


@cache  # SQLAlchemy takes longer to make those of one place than the database does to save it
def digest(column: ColumnElement[Any]) -> ColumnElement[str]:
    """A digest of a column's value as the database has it, so that rounding and trimming by its type do no harm."""
    return func.encode(func.sha256(func.convert_to(cast(column, Text), "UTF8")), "hex")


def _note_content(place_id: str, columns: Iterable[str], scan: Scan) -> Insert:
    """Note which columns hold Google's words now, and for how long they may."""
    business = LocalBusiness.__table__
    names = sorted(columns)
    pairs = [part for name in names for part in (literal(name, Text), digest(business.c[name]))]
    row = select(
        literal(place_id, Text),
        literal(scan.fetched_at),
        literal(scan.fetched_at + timedelta(days=scan.settings.content_ttl_days)),
        func.jsonb_build_object(*pairs),
    ).where(business.c.place_id == place_id)
    content = DeepScanContent.__table__
    new = insert(DeepScanContent).from_select(
        [content.c.place_id, content.c.fetched_at, content.c.expires_at, content.c.digests], row
    )
    # A column that this answer is silent about still holds what an older one said: that expires when it would have.
    all_are_new = content.c.digests.op("-")(literal(names, ARRAY(Text))) == literal({}, JSONB)
    return new.on_conflict_do_update(
        index_elements=[DeepScanContent.place_id],
        set_={
            content.c.fetched_at: new.excluded[content.c.fetched_at.key],
            content.c.digests: content.c.digests.op("||")(new.excluded[content.c.digests.key]),
            content.c.expires_at: case(
                (all_are_new, new.excluded[content.c.expires_at.key]),
                else_=func.least(content.c.expires_at, new.excluded[content.c.expires_at.key]),
            ),
        },
    )


async def _queue_moved(session: AsyncSession, place: Place, moved_to: str) -> None:
    table = Place.__table__
    new = insert(Place).values(
        {
            table.c.place_id: moved_to,
            table.c.tenant_id: place.tenant_id,
            table.c.deep_scan_status: _word("Queued"),
        }
    )
    try:
        async with session.begin_nested():  # what was paid for is saved, whether this can be or not
            await session.execute(new.on_conflict_do_nothing(index_elements=[Place.place_id]))
    except IntegrityError as error:
        _logger.warning("%s moved to %s, which can't be queued: %s", place.place_id, moved_to, error.orig)
