"""What Google said is removed in time, and nothing else is."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from curation_deep_scan import __main__ as command
from curation_deep_scan import plugin
from curation_deep_scan.details import read_details
from curation_deep_scan.models import DeepScanContent, LocalBusiness
from curation_deep_scan.purging import NEVER_PURGED, purge
from curation_deep_scan.scanning import Scan
from curation_deep_scan.stub import place

TOLD = set(LocalBusiness.__table__.columns.keys()) - NEVER_PURGED

COPY_BUSINESSES = sa.text("""
    insert into local_businesses (id, tenant_id, place_id, status, business_name)
    select gen_random_uuid(), tenant_id, n::text, 'New', business_name
    from local_businesses, generate_series(1, 1200) as n
""")
COPY_NOTES = sa.text("""
    insert into deep_scan_content (place_id, fetched_at, expires_at, digests)
    select n::text, fetched_at, expires_at, digests from deep_scan_content, generate_series(1, 1200) as n
""")


@pytest.fixture
def scanned(session, new_place, settings):
    """A business that was scanned some days ago."""

    async def make(place_id="ChIJ-cafe", days_ago=31, fields=None, **changes):
        made = settings(profile="full", **changes)
        details = read_details(place(place_id, **(fields or {})).body, made.profile, made.language)
        scan = Scan(details, made, datetime.now(UTC) - timedelta(days=days_ago))
        await plugin.save_result(session, await new_place(place_id), scan)
        await session.commit()

    return make


async def business_of(session, place_id="ChIJ-cafe"):
    session.expire_all()
    return await session.scalar(sa.select(LocalBusiness).where(LocalBusiness.place_id == place_id))


async def test_what_google_said_is_removed_when_its_time_is_over_and_the_row_stays(sessions, session, scanned):
    await scanned(fields={"movedPlaceId": "ChIJ-next"})
    before = await business_of(session)
    assert None not in [getattr(before, name) for name in TOLD]
    kept = {name: getattr(before, name) for name in NEVER_PURGED - {"additional_json"}}
    assert await purge(sessions) == 1
    after = await business_of(session)
    assert {name: getattr(after, name) for name in TOLD} == dict.fromkeys(TOLD)
    assert {name: getattr(after, name) for name in kept} == kept
    assert set(after.additional_json) == {"moved_place_id", "source", "field_profile", "fetched_at", "purged_at"}
    assert (await session.scalars(sa.select(DeepScanContent.place_id))).all() == []
    assert await purge(sessions) == 0


async def test_what_is_still_allowed_stays(sessions, session, scanned):
    await scanned(days_ago=29)
    assert await purge(sessions) == 0
    assert (await business_of(session)).business_name == "Joe's Cafe"


async def test_how_long_it_may_stay_is_what_the_setting_was_when_it_was_fetched(sessions, scanned):
    await scanned("ChIJ-short", days_ago=3, content_ttl_days=2)
    await scanned("ChIJ-long", days_ago=300, content_ttl_days=400)
    assert await purge(sessions, dry_run=True) == 1
    assert await purge(sessions, older_than_days=200, dry_run=True) == 1
    assert await purge(sessions, older_than_days=2, dry_run=True) == 2


async def test_a_dry_run_only_counts(sessions, session, scanned):
    await scanned()
    assert await purge(sessions, dry_run=True) == 1
    assert (await business_of(session)).business_name == "Joe's Cafe"
    assert await purge(sessions) == 1


async def test_what_somebody_wrote_over_it_stays(sessions, session, scanned):
    await scanned()
    corrected = {"phone": "+1 555", "rating": 3, "extra_categories": ["ours"], "monday_hours": "by appointment"}
    await session.execute(sa.update(LocalBusiness).values(corrected))
    await session.commit()
    assert await purge(sessions) == 1
    after = await business_of(session)
    assert {name: getattr(after, name) for name in corrected} == corrected
    assert (after.business_name, after.city, after.latitude) == (None, None, None)


async def test_a_column_that_google_did_not_fill_stays(sessions, session, scanned):
    await scanned(fields={"websiteUri": None})
    await session.execute(sa.update(LocalBusiness).values(website_url="https://found.example/"))
    await session.commit()
    await purge(sessions)
    assert (await business_of(session)).website_url == "https://found.example/"


async def test_a_business_that_was_never_scanned_stays(sessions, session, scanned):
    await scanned()
    await session.execute(sa.delete(DeepScanContent))
    await session.commit()
    assert await purge(sessions) == 0
    assert (await business_of(session)).business_name == "Joe's Cafe"


async def test_the_note_of_a_business_that_was_deleted_goes_too(sessions, session, scanned):
    await scanned()
    await session.execute(sa.delete(LocalBusiness))
    await session.commit()
    assert await purge(sessions) == 0
    assert (await session.scalars(sa.select(DeepScanContent.place_id))).all() == []


async def test_more_businesses_than_one_transaction_takes_are_all_purged(sessions, session, scanned):
    await scanned()
    await session.execute(COPY_BUSINESSES)
    await session.execute(COPY_NOTES)
    await session.commit()
    assert await purge(sessions, dry_run=True) == 1201
    assert await purge(sessions) == 1201
    left = sa.select(sa.func.count()).where(LocalBusiness.business_name.is_not(None))
    assert await session.scalar(left) == 0


async def test_a_business_that_is_being_scanned_anew_is_left_to_the_next_purge(sessions, session, scanned):
    await scanned()
    await session.execute(sa.update(LocalBusiness).values(city="Austin"))  # and not committed
    assert await asyncio.wait_for(purge(sessions), 30) == 0


async def test_a_host_purges_by_itself_if_a_setting_says_so_and_in_the_tables_that_it_knows(
    session, scanned, new_scanner
):
    await scanned()
    await new_scanner(purge_every_hours=1)
    left = sa.select(sa.func.count()).select_from(DeepScanContent)
    async with asyncio.timeout(60):
        while await session.scalar(left):
            await session.rollback()
            await asyncio.sleep(0.01)
    assert (await business_of(session)).business_name is None


async def test_a_host_that_can_not_purge_says_so_and_works_on(session, new_scanner, scan, caplog):
    await session.execute(sa.text("alter table deep_scan_content rename to elsewhere"))
    await session.commit()
    scanner = await new_scanner(purge_every_hours=1)
    async with asyncio.timeout(60):
        while "nothing was purged" not in caplog.text:
            await asyncio.sleep(0.01)
    await session.execute(sa.text("alter table elsewhere rename to deep_scan_content"))
    await session.commit()
    assert (await scan(using=scanner)).note == ""


# -- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def run(engine, monkeypatch):
    monkeypatch.delenv("CURATION_DATABASE_URL", raising=False)
    url = engine.url.render_as_string(hide_password=False)

    async def command(*arguments, environment=None):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "curation_deep_scan", *arguments),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode, output.decode()

    command.url = url
    return command


async def test_the_command_says_how_many_it_would_purge_and_then_purges_them(run, session, scanned):
    await scanned()
    assert await run("purge", "--dry-run", "--database", run.url) == (0, "1 business would be purged\n")
    assert await run("purge", environment={"CURATION_DATABASE_URL": run.url}) == (0, "1 business purged\n")
    assert await run("purge", "--database", run.url) == (0, "0 businesses purged\n")
    assert (await business_of(session)).business_name is None


async def test_the_command_tells_a_column_that_may_not_be_empty(run, session, scanned):
    await scanned()
    await session.execute(sa.text("alter table local_businesses alter business_name set not null"))
    await session.commit()
    code, output = await run("purge", "--database", run.url)
    assert code == 1
    assert "business_name" in output
    assert (await business_of(session)).business_name == "Joe's Cafe"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["purge"], "set CURATION_DATABASE_URL, or give --database URL"),
        (["purge", "--database", "nonsense"], "should be postgresql://user@host:port/name"),
        (["purge", "--database", "postgresql://me:secret@db/leads"], "seen by every user of the machine"),
        (["purge", "--database", "postgresql://db/x", "--older-than-days", "-1"], "older-than-days"),
        (["purge", "--database", "postgresql://db/x", "--older-than-days", "99999999999"], "a number of days"),
        ([], "required: command"),
    ],
)
def test_a_wrong_command_line_is_refused_with_the_remedy(arguments, told, capsys, monkeypatch):
    monkeypatch.delenv("CURATION_DATABASE_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert told in said
    assert "secret" not in said


def test_a_database_that_is_not_there_has_an_exit_code_of_its_own(capsys):
    assert command.main(["purge", "--database", "postgresql://127.0.0.1:9/x?sslmode=disable"]) == 5
    assert "can't reach the database postgresql+asyncpg://127.0.0.1:9/x" in capsys.readouterr().err
