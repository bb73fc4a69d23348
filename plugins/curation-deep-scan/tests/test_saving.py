"""What ``save_result`` leaves in the public application's tables."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from curation_core import Fail
from curation_deep_scan import plugin
from curation_deep_scan.details import read_details
from curation_deep_scan.models import DeepScanContent
from curation_deep_scan.scanning import Scan
from curation_deep_scan.stub import place

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUSINESSES = sa.table("local_businesses")


@pytest.fixture
def found(settings):
    """What a call brought, with fields of the place changed."""

    def make(place_id="ChIJ-cafe", at=NOW, fields=None, **changes):
        made = settings(**changes)
        details = read_details(place(place_id, **(fields or {})).body, made.profile, made.language)
        return Scan(details, made, at)

    return make


async def businesses(session):
    return (await session.execute(sa.select(sa.text("*")).select_from(BUSINESSES))).all()


async def the_business(session, without=None):
    (business,) = await businesses(session)
    if without is None:
        return business
    return {name: value for name, value in business._asdict().items() if name != without}


async def contents(session):
    return (await session.execute(sa.select(DeepScanContent.__table__))).all()


@pytest.mark.parametrize("native_enums", [True, False], indirect=True, ids=["native enums", "text"])
async def test_a_new_business_is_new_and_of_the_places_tenant_and_has_all_that_was_told(session, new_place, found):
    staged = await new_place()
    await plugin.save_result(session, staged, found())
    await session.commit()
    business = await the_business(session)
    assert isinstance(business.id, UUID)
    assert (business.tenant_id, business.place_id) == (staged.tenant_id, "ChIJ-cafe")
    assert (business.status, business.lead_source) == ("New", "google_places")
    assert (business.domain_extraction_status, business.domain_extraction_error) == (None, None)
    assert (business.business_name, business.city, business.zip) == ("Joe's Cafe", "Austin", "78701")
    assert (business.rating, business.reviews_count) == (Decimal("4.40"), 321)
    assert (business.latitude, business.longitude) == (Decimal("30.2671530"), Decimal("-97.7430608"))
    assert business.extra_categories == ["food", "point_of_interest", "establishment"]
    assert business.sunday_hours == "Closed"
    assert business.additional_json == {
        "business_status": "OPERATIONAL",
        "google_maps_uri": "https://maps.google.com/?cid=ChIJ-cafe",
        "utc_offset_minutes": -300,
        "source": "google_places",
        "field_profile": "contact",
        "fetched_at": "2026-11-23T12:00:00+00:00",
    }


OURS = {
    "status": "Selected",
    "lead_source": "a fair",
    "image_url": "https://ours.example/joe.png",
    "domain_extraction_status": "Completed",
    "domain_extraction_error": "ours",
    "business_name": "Joe",
    "phone": "+1 555",
    "city": "Elsewhere",
    "additional_json": '{"ours": 1, "field_profile": "old"}',
}


async def put_ours(session, place_id="ChIJ-cafe", **changes):
    """A business that a person had before, as they left it."""
    values = {**OURS, **changes}
    row = {sa.column(name): sa.bindparam(None, value, literal_execute=True) for name, value in values.items()}
    row |= {sa.column("id"): uuid4(), sa.column("tenant_id"): uuid4(), sa.column("place_id"): place_id}
    columns = sa.table("local_businesses", *row)
    await session.execute(sa.insert(columns).values({columns.c[key.name]: value for key, value in row.items()}))
    return await the_business(session)


@pytest.mark.parametrize("native_enums", [True, False], indirect=True, ids=["native enums", "text"])
async def test_of_a_business_that_is_there_only_what_the_call_brought_is_set(session, new_place, found):
    before = await put_ours(session)
    fields = {"internationalPhoneNumber": None, "nationalPhoneNumber": None, "addressComponents": None}
    await plugin.save_result(session, await new_place(), found(fields=fields))
    after = await the_business(session)
    untouched = (
        *("id", "tenant_id", "created_at", "updated_at", "status", "lead_source", "image_url"),
        *("domain_extraction_status", "domain_extraction_error", "phone", "city"),
    )
    assert {name: getattr(after, name) for name in untouched} == {name: getattr(before, name) for name in untouched}
    assert (after.business_name, after.website_url) == ("Joe's Cafe", "https://joes.example/")
    assert (after.additional_json["ours"], after.additional_json["field_profile"]) == (1, "contact")


async def test_with_overwrite_a_column_is_emptied_for_which_google_has_nothing_and_no_other(session, new_place, found):
    await put_ours(session)
    fields = {"internationalPhoneNumber": None, "nationalPhoneNumber": None}
    await plugin.save_result(session, await new_place(), found(fields=fields, overwrite=True))
    after = await the_business(session)
    assert (after.phone, after.city) == (None, "Austin")
    assert (after.status, after.lead_source, after.image_url) == ("Selected", "a fair", OURS["image_url"])
    assert after.additional_json["moved_place_id"] is None


async def test_an_answer_with_odd_fields_overwrites_nothing_by_its_silence(session, new_place, found):
    await put_ours(session)
    fields = {"internationalPhoneNumber": 5, "nationalPhoneNumber": None}
    await plugin.save_result(session, await new_place(), found(fields=fields, overwrite=True))
    assert (await the_business(session)).phone == "+1 555"


async def test_a_place_that_answers_under_another_id_keeps_the_queued_one_and_notes_the_other(
    session, new_place, found
):
    await plugin.save_result(session, await new_place("ChIJ-old"), found("ChIJ-new"))
    business = await the_business(session)
    assert business.place_id == "ChIJ-old"
    assert business.additional_json["current_place_id"] == "ChIJ-new"


@pytest.mark.parametrize("before", ["null", None, "[1]", '"text"'])
async def test_a_json_that_is_no_object_does_no_harm(session, new_place, found, before):
    await put_ours(session, additional_json=before or "{}")
    if before is None:
        await session.execute(sa.text("update local_businesses set additional_json = null"))
    await plugin.save_result(session, await new_place(), found())
    after = (await the_business(session)).additional_json
    if before in {"null", None}:
        assert after["field_profile"] == "contact"
    else:
        assert after in ([1], "text")


async def test_a_refresh_changes_nothing_but_the_json_and_adds_no_business(session, new_place, found):
    await put_ours(session)
    unchanged = await the_business(session, without="additional_json")
    answer = found(profile="refresh", fields={"movedPlaceId": "ChIJ-next"})
    await plugin.save_result(session, await new_place(), answer)
    await plugin.save_result(session, await new_place("ChIJ-unknown"), answer)
    after = await the_business(session)
    assert await the_business(session, without="additional_json") == unchanged
    assert after.additional_json == {
        "ours": 1,
        "field_profile": "old",
        "moved_place_id": "ChIJ-next",
        "place_id_checked_at": "2026-11-23T12:00:00+00:00",
    }
    assert await contents(session) == []


async def test_what_is_saved_is_noted_with_its_dates(session, new_place, found):
    await plugin.save_result(session, await new_place(), found(content_ttl_days=7, fields={"rating": None}))
    (content,) = await contents(session)
    assert (content.place_id, content.fetched_at) == ("ChIJ-cafe", NOW)
    assert content.expires_at == NOW + timedelta(days=7)
    assert "rating" not in content.digests
    assert len(content.digests) == 23
    assert None not in content.digests.values()


async def test_another_scan_that_tells_as_much_lasts_as_long_again(session, new_place, found):
    staged = await new_place()
    for days in (0, 20):
        await plugin.save_result(session, staged, found(at=NOW + timedelta(days=days)))
    (content,) = await contents(session)
    assert content.expires_at == NOW + timedelta(days=50)


async def test_another_scan_that_is_silent_about_something_does_not_make_that_last_longer(session, new_place, found):
    staged = await new_place()
    await plugin.save_result(session, staged, found())
    await plugin.save_result(session, staged, found(at=NOW + timedelta(days=20), fields={"rating": None}))
    (content,) = await contents(session)
    assert content.expires_at == NOW + timedelta(days=30)
    assert (await the_business(session)).rating == Decimal("4.40")


async def test_two_hosts_that_save_one_place_at_once_leave_one_business(engine, session, new_place, found):
    staged = await new_place()
    await session.commit()

    async def save_too():
        async with AsyncSession(engine) as own, own.begin():
            await plugin.save_result(own, staged, found())

    await plugin.save_result(session, staged, found())
    async with asyncio.timeout(30), asyncio.TaskGroup() as both:
        both.create_task(save_too())
        await until_somebody_waits_for_a_lock(engine)
        await session.commit()
    assert len(await businesses(session)) == 1


async def until_somebody_waits_for_a_lock(engine):
    waiting = sa.select(sa.func.count()).select_from(sa.table("pg_locks")).where(~sa.column("granted", sa.Boolean))
    async with engine.connect() as connection:
        while not await connection.scalar(waiting):
            await asyncio.sleep(0)


# -- a business that moved ------------------------------------------------------------------------------------------

MOVED = {"businessStatus": "CLOSED_PERMANENTLY", "movedPlaceId": "ChIJ-next"}


async def staged_places(session):
    columns = sa.table("places_staging", *map(sa.column, ("place_id", "tenant_id", "deep_scan_status")))
    return {row.place_id: row for row in await session.execute(sa.select(columns))}


async def give_defaults(session):
    await session.execute(
        sa.text("alter table places_staging alter name set default '', alter status set default 'New'")
    )


async def test_the_new_place_of_a_business_that_moved_is_not_queued_unless_a_setting_says_so(session, new_place, found):
    await give_defaults(session)
    await plugin.save_result(session, await new_place(), found(fields=MOVED))
    assert set(await staged_places(session)) == {"ChIJ-cafe"}
    assert (await the_business(session)).additional_json["moved_place_id"] == "ChIJ-next"


@pytest.mark.parametrize("native_enums", [True, False], indirect=True, ids=["native enums", "text"])
async def test_the_new_place_of_a_business_that_moved_is_queued_once_if_a_setting_says_so(session, new_place, found):
    await give_defaults(session)
    staged = await new_place()
    for _ in range(2):
        await plugin.save_result(session, staged, found(fields=MOVED, queue_moved=True))
    moved = (await staged_places(session))["ChIJ-next"]
    assert (moved.tenant_id, moved.deep_scan_status) == (staged.tenant_id, "Queued")


async def test_a_new_place_that_can_not_be_queued_does_not_cost_what_was_paid_for(session, new_place, found, caplog):
    await plugin.save_result(session, await new_place(), found(fields=MOVED, queue_moved=True))
    assert (await the_business(session)).business_name == "Joe's Cafe"
    assert "moved to ChIJ-next, which can't be queued" in caplog.text


async def test_a_business_that_is_open_is_not_followed(session, new_place, found):
    await give_defaults(session)
    await plugin.save_result(session, await new_place(), found(fields={"movedPlaceId": "ChIJ-next"}, queue_moved=True))
    assert set(await staged_places(session)) == {"ChIJ-cafe"}


# -- what the database refuses ---------------------------------------------------------------------------------------


async def test_a_business_that_the_table_refuses_fails_for_good_since_another_attempt_would_pay_again(
    session, new_place, found
):
    await session.execute(sa.text("alter table local_businesses alter business_name set not null"))
    with pytest.raises(IntegrityError) as caught:
        await plugin.save_result(session, await new_place(), found(fields={"displayName": None}))
    outcome = plugin.on_error(caught.value)
    assert isinstance(outcome, Fail)
    assert outcome.reason.startswith("not_saved: ")
    assert "business_name" in outcome.reason


def test_what_the_database_did_not_refuse_is_decided_by_the_policy():
    assert plugin.on_error(TimeoutError()) is None
    assert isinstance(plugin.on_error(OperationalError("select", {}, ValueError("x"))), Fail)
