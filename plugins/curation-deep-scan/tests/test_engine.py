"""The whole way: the real command works the staged places of the real tables, and whatever the database does, no place
is asked for twice.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from curation_core import EmbeddedPostgres
from curation_deep_scan.models import DeepScanDay, LocalBusiness, Place
from curation_deep_scan.stub import error, place

CONFIGURATION = """
[host]
lost_after = "{lost_after}"
sweep_every = "200ms"

[workflows.deep-scan]
every = "200ms"
timeout = "{timeout}"
max_attempts = {max_attempts}
backoff = ["1ms"]

[workflows.deep-scan.settings]
base_url = "{base_url}"
calls_per_minute = 60000
"""
FAILURE_GUARD = 60  # seconds


class Host:
    """A process of the command, whose lines can be waited for."""

    def __init__(self, process):
        self._process = process
        self.said = ""

    async def until(self, words):
        async with asyncio.timeout(FAILURE_GUARD):
            while words not in self.said:
                line = await self._process.stdout.readline()
                assert line, f"it ended without saying {words!r}:\n{self.said}"
                self.said += line.decode()

    async def end(self):
        async with asyncio.timeout(FAILURE_GUARD):
            self.said += (await self._process.stdout.read()).decode()
            return await self._process.wait()

    def kill(self):
        self._process.kill()

    async def stop(self):
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        return await self.end()


@pytest.fixture
def curation(tmp_path, stub, settings):
    """Start the command in a folder of its own, with the key where keys belong."""
    key = settings().api_key.get_secret_value()
    environment = {name: text for name, text in os.environ.items() if not name.startswith("CURATION_")}
    environment["CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__API_KEY"] = key

    @asynccontextmanager
    async def start(url, *arguments, lost_after="30s", max_attempts=2, timeout="1m", more=""):
        configuration = CONFIGURATION.format(
            base_url=stub.base_url, lost_after=lost_after, max_attempts=max_attempts, timeout=timeout
        )
        (tmp_path / "curation.toml").write_text(configuration + more)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "curation_core", *arguments),
            cwd=tmp_path,
            env=environment | {"CURATION_DATABASE_URL": url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        host = Host(process)
        try:
            yield host
        finally:
            await host.stop()
            assert key not in host.said
            sys.stdout.write(host.said)

    return start


async def upgrade(curation, url):
    async with curation(url, "db", "upgrade") as command:
        assert await command.end() == 0, command.said


async def queue(engine, *place_ids):
    columns = sa.table(
        "places_staging", *map(sa.column, ("place_id", "name", "tenant_id", "status", "deep_scan_status"))
    )
    queued, new = (sa.bindparam(None, word, literal_execute=True) for word in ("Queued", "New"))
    async with engine.begin() as connection:
        for place_id in place_ids:
            row = {"place_id": place_id, "name": "", "tenant_id": uuid4()}
            values = sa.insert(columns).values(**row, status=new, deep_scan_status=queued)
            await connection.execute(values)


async def told(engine):
    columns = sa.select(Place.place_id, Place.deep_scan_status, Place.deep_scan_error).order_by(Place.id)
    async with engine.connect() as connection:
        return {row[0]: (row[1], row[2]) for row in await connection.execute(columns)}


async def until_told(engine, place_id, status):
    async with asyncio.timeout(FAILURE_GUARD):
        while (await told(engine))[place_id][0] != status:
            await asyncio.sleep(0.02)


async def names(engine):
    async with engine.connect() as connection:
        return (await connection.execute(sa.select(LocalBusiness.business_name))).scalars().all()


async def calls_counted(engine):
    async with engine.connect() as connection:
        return await connection.scalar(sa.select(sa.func.sum(DeepScanDay.calls)))


@pytest.fixture
def held(stub):
    """A place whose answer comes when the test says so."""

    class Held:
        def __init__(self):
            self.asked, self.answer = asyncio.Event(), asyncio.Event()

        async def __call__(self, request):
            self.asked.set()
            await self.answer.wait()
            return web.json_response(place("ChIJ-held").body)

    handler = Held()
    stub.tell("ChIJ-held", handler)
    return handler


async def test_queued_places_become_businesses_and_every_row_ends_with_its_word(engine, stub, curation):
    url = engine.url.render_as_string(hide_password=False)
    await drop_owned(engine)
    await upgrade(curation, url)
    stub.tell("ChIJ-moved", place("ChIJ-moved", displayName={"text": "Moved"}, businessStatus="CLOSED_PERMANENTLY"))
    stub.tell("ChIJ-busy", error(503, "UNAVAILABLE", "Not now."), place("ChIJ-busy", displayName={"text": "Busy"}))
    stub.tell("ChIJ-down", error(503, "UNAVAILABLE", "Not now."))
    stub.tell("nonsense", error(400, "INVALID_ARGUMENT", "Not a valid Place ID: nonsense"))
    await queue(engine, "ChIJ-cafe", "ChIJ-moved", "ChIJ-busy", "ChIJ-down", "ChIJ-gone", "nonsense")
    async with curation(url, "run", "--workflow", "deep-scan", "--until-idle") as command:
        assert await command.end() == 1, command.said
    found = await told(engine)
    assert {name: status for name, (status, _) in found.items()} == {
        "ChIJ-cafe": "Completed",
        "ChIJ-moved": "Completed",
        "ChIJ-busy": "Completed",
        "ChIJ-down": "Error",
        "ChIJ-gone": "Error",
        "nonsense": "Error",
    }
    assert found["ChIJ-down"][1] == "gave up after 2 attempts: api_unavailable: UNAVAILABLE: Not now."
    assert found["ChIJ-gone"][1].startswith("place_gone: NOT_FOUND: ")
    assert found["nonsense"][1] == "place_id_invalid: INVALID_ARGUMENT: Not a valid Place ID: nonsense"
    assert sorted(await names(engine)) == ["Busy", "Joe's Cafe", "Moved"]
    assert stub.calls == {
        **dict.fromkeys(("ChIJ-cafe", "ChIJ-moved", "ChIJ-gone", "nonsense"), 1),
        **dict.fromkeys(("ChIJ-busy", "ChIJ-down"), 2),
    }
    assert await calls_counted(engine) == stub.calls.total()


RENAMED = """
[workflows.deep-scan.table]
name = "places"
columns.place_id = "google_id"

[workflows.deep-scan.tables.local_businesses]
name = "companies"
schema = "crm"
columns.place_id = "google_id"
columns.phone = "telephone"
columns.additional_json = "more"
columns.status = "curation"

[workflows.deep-scan.tables.deep_scan_content]
schema = "crm"

[workflows.deep-scan.tables.deep_scan_days]
name = "google_calls"
columns.calls = "made"
"""
RENAME = (
    "create schema crm",
    "drop table deep_scan_days, deep_scan_content",
    "alter table places_staging rename place_id to google_id",
    "alter table places_staging rename to places",
    "alter table local_businesses rename place_id to google_id",
    "alter table local_businesses rename phone to telephone",
    "alter table local_businesses rename additional_json to more",
    "alter table local_businesses rename status to curation",
    "alter table local_businesses rename to companies",
    "alter table companies set schema crm",
)


async def test_tables_and_columns_may_be_called_otherwise(engine, stub, curation):
    url = engine.url.render_as_string(hide_password=False)
    await queue(engine, "ChIJ-cafe")
    async with engine.begin() as connection:
        for statement in map(sa.text, RENAME):
            await connection.execute(statement)
    try:
        async with curation(url, "db", "upgrade", more=RENAMED) as command:
            assert await command.end() == 0, command.said
        async with curation(url, "run", "--workflow", "deep-scan", "--until-idle", more=RENAMED) as command:
            assert await command.end() == 0, command.said
        found = sa.text(
            "select telephone, curation::text, more->>'source', made, expires_at > now() "
            "from crm.companies, google_calls, crm.deep_scan_content"
        )
        async with engine.connect() as connection:
            (row,) = (await connection.execute(found)).all()
        assert tuple(row) == ("+1 512-555-0123", "New", "google_places", 1, True)
    finally:
        async with engine.begin() as connection:
            await connection.execute(sa.text("drop schema crm cascade"))
            await connection.execute(sa.text("drop table places, google_calls"))


async def drop_owned(engine):
    """The command is to make the plugin's own tables."""
    async with engine.begin() as connection:
        await connection.execute(sa.text("drop table deep_scan_days, deep_scan_content"))


async def test_a_refused_key_pauses_the_workflow_and_every_row_stays_queued_uncharged(engine, stub, curation):
    url = engine.url.render_as_string(hide_password=False)
    await upgrade(curation, url)
    stub.tell("ChIJ-cafe", error(403, "PERMISSION_DENIED", "Pay first.", reason="BILLING_DISABLED"))
    await queue(engine, "ChIJ-cafe")
    async with curation(url, "run", "--workflow", "deep-scan", "--until-idle") as command:
        await command.end()
        assert "key_refused: BILLING_DISABLED: Pay first." in command.said
    assert await told(engine) == {"ChIJ-cafe": ("Queued", None)}
    async with engine.connect() as connection:
        control = sa.table("control", sa.column("workflow"), sa.column("paused_until"), schema="curation")
        paused = await connection.scalar(sa.select(control.c.paused_until).where(control.c.workflow == "deep-scan"))
    assert paused is not None


async def test_a_session_that_is_terminated_in_the_midst_of_saving_costs_no_second_call(engine, stub, curation):
    url = engine.url.render_as_string(hide_password=False)
    await upgrade(curation, url)
    await queue(engine, "ChIJ-cafe")
    async with engine.begin() as blocker:
        await blocker.execute(sa.text("lock table local_businesses in access exclusive mode"))
        async with curation(url, "run", "--workflow", "deep-scan") as host:
            await terminate_whoever_waits_for(engine, "local_businesses")
            await host.until("results wait for the database")
            await blocker.rollback()
            await until_told(engine, "ChIJ-cafe", "Completed")
    assert stub.calls == {"ChIJ-cafe": 1}
    assert await calls_counted(engine) == 1
    assert await names(engine) == ["Joe's Cafe"]


async def test_a_table_that_is_locked_for_longer_than_an_attempt_may_take_costs_no_second_call(engine, stub, curation):
    url = engine.url.render_as_string(hide_password=False)
    await upgrade(curation, url)
    await queue(engine, "ChIJ-cafe")
    async with engine.begin() as blocker:
        await blocker.execute(sa.text("lock table local_businesses in access exclusive mode"))
        async with curation(url, "run", "--workflow", "deep-scan", max_attempts=1000, timeout="1s") as host:
            await host.until("attempt 2 went wrong: TimeoutError")
            await blocker.rollback()
            await until_told(engine, "ChIJ-cafe", "Completed")
    assert stub.calls == {"ChIJ-cafe": 1}
    assert await names(engine) == ["Joe's Cafe"]


async def terminate_whoever_waits_for(engine, table):
    terminate = sa.text(
        "select count(pg_terminate_backend(pid)) from pg_locks "
        "where not granted and relation = to_regclass(:table) and pid <> pg_backend_pid()"
    )
    async with asyncio.timeout(FAILURE_GUARD), engine.connect() as connection:
        while not await connection.scalar(terminate, {"table": table}):
            await connection.rollback()
            await asyncio.sleep(0.02)


# -- a server of the test's own, to stop and start -------------------------------------------------------------------


@pytest.fixture
async def restartable(monkeypatch, application):
    folder = Path(tempfile.mkdtemp(prefix="curation-test-"))
    folder.chmod(0o755)  # the server's account must enter it
    monkeypatch.setenv("CURATION_PG_HOME", str(folder / "home"))
    with EmbeddedPostgres.kept(folder / "server", {"fsync": False}) as server:
        engine = create_async_engine(server.url, poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.run_sync(application(native_enums=True).create_all)
        yield server, engine
        await engine.dispose()
    shutil.rmtree(folder)


async def crash(server):
    os.kill(server.pid, signal.SIGQUIT)
    await asyncio.to_thread(server.stop)


@pytest.mark.parametrize(
    ("lost_after", "words"),
    [("30s", "results wait for the database"), ("2s", "this worker is lost and starts again under a new id")],
    ids=["soon", "so late that the row is taken from its worker"],
)
async def test_a_database_that_crashes_before_a_place_is_saved_and_comes_back_costs_no_second_call(
    restartable, stub, curation, held, lost_after, words
):
    server, engine = restartable
    await upgrade(curation, server.url)
    await queue(engine, "ChIJ-held")
    async with curation(server.url, "run", "--workflow", "deep-scan", lost_after=lost_after) as host:
        await asyncio.wait_for(held.asked.wait(), FAILURE_GUARD)
        await crash(server)
        held.answer.set()
        await host.until(words)
        await asyncio.to_thread(server.start)
        await until_told(engine, "ChIJ-held", "Completed")
    assert stub.calls == {"ChIJ-held": 1}
    assert await calls_counted(engine) == 1
    assert await names(engine) == ["Joe's Cafe"]


async def test_a_host_that_is_killed_after_it_asked_overspends_nothing(restartable, stub, curation, held):
    server, engine = restartable
    await upgrade(curation, server.url)
    await queue(engine, "ChIJ-held")
    async with curation(server.url, "run", "--workflow", "deep-scan", lost_after="2s") as host:
        await asyncio.wait_for(held.asked.wait(), FAILURE_GUARD)
        host.kill()
        await host.end()
    held.answer.set()
    async with curation(server.url, "run", "--workflow", "deep-scan", lost_after="2s"):
        await until_told(engine, "ChIJ-held", "Completed")
    assert await calls_counted(engine) == stub.calls.total() == 2
