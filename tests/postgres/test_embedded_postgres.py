import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from curation_core._postgres import EmbeddedPostgres, refuge, watchdog
from curation_core._postgres.account import NOBODY
from curation_core._postgres.binaries import find_binaries
from curation_core.errors import EmbeddedPostgresError

OWNER = Path(__file__).with_name("embedded_owner.py")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand a server to another account")


class Owner:
    """A process that runs `embedded_owner`."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, str(OWNER), *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def server(self):
        return json.loads(self.hear())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def leave(self) -> None:
        self.process.communicate("\n")
        assert self.process.returncode == 0


@pytest.fixture
def start(open_folder) -> Iterator[Callable[..., Owner]]:
    """Starts owners; they leave before the folder is removed."""
    owners: list[Owner] = []

    def started(*arguments: object) -> Owner:
        owners.append(Owner(*arguments))
        return owners[-1]

    yield started
    for owner in owners:
        owner.process.communicate("\n" if owner.process.poll() is None else None)


@pytest.fixture
def bystander() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts programs that have nothing to do with the server, and run until the test's end."""
    processes: list[subprocess.Popen[bytes]] = []

    def run(**options: Any) -> subprocess.Popen[bytes]:
        processes.append(subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, **options))
        return processes[-1]

    yield run
    for process in processes:
        process.communicate()


def lives(pid: int) -> bool:
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(pid, 0)
        # Where nothing reaps orphans, an ended process keeps its number.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def watchdogs(folder: str) -> list[int]:
    """The processes that watch over the server in a folder."""
    lines = {path: read(path) for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [int(path.parent.name) for path, line in lines.items() if watchdog.__file__ in line and folder in line]


def read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


async def ask(dsn: str, question: str, *values: object):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question, *values)
    finally:
        await connection.close()


# -- a throw-away server ---------------------------------------------------------------------------------------------


async def test_a_throwaway_server_answers_sqlalchemy_and_asyncpg():
    with EmbeddedPostgres.throwaway() as server:
        engine = create_async_engine(server.url, poolclass=NullPool)
        async with engine.connect() as connection:
            assert await connection.scalar(select(text("current_setting('server_encoding')"))) == "UTF8"
        assert await ask(server.dsn, "select current_user") == "postgres"
        assert server.owned


async def test_a_throwaway_server_is_fast_and_takes_settings():
    with EmbeddedPostgres.throwaway({"work_mem": "7MB", "jit": False, "max_connections": 23}) as server:
        names = ("fsync", "full_page_writes", "synchronous_commit", "work_mem", "jit", "max_connections")
        values = [await ask(server.dsn, "select current_setting($1)", name) for name in names]
    assert values == ["off", "off", "off", "7MB", "off", "23"]


async def test_a_server_is_reached_by_its_socket_only():
    with EmbeddedPostgres.throwaway() as server:
        assert await ask(server.dsn, "show listen_addresses") == ""
        assert (server.folder / "socket").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("given", [(), ("a folder",)])
def test_a_server_that_is_made_without_saying_whether_its_data_stays_is_refused_with_both_ways(given):
    with pytest.raises(TypeError, match=r"EmbeddedPostgres\.kept\(folder\).* or with EmbeddedPostgres\.throwaway\(\)"):
        EmbeddedPostgres(*given)


def test_stop_leaves_no_process_and_no_file():
    with EmbeddedPostgres.throwaway() as server:
        pid, folder, watching = server.pid, server.folder, watchdogs(str(server.folder))
        assert lives(pid)
        assert len(watching) == 1
    assert not folder.exists()
    assert not any(map(lives, [pid, *watching]))


def test_a_stopped_server_can_be_started_again():
    server = EmbeddedPostgres.throwaway()
    with server:
        first = server.folder
    with server:
        assert server.folder != first


def test_a_server_that_runs_is_not_started_twice():
    with EmbeddedPostgres.throwaway() as server, pytest.raises(EmbeddedPostgresError, match="started before"):
        server.start()


def test_a_server_that_does_not_run_has_no_address():
    with pytest.raises(EmbeddedPostgresError, match=r"not running: call start\(\)"):
        _ = EmbeddedPostgres.throwaway().url


def test_the_error_of_a_start_shows_what_the_server_said_and_leaves_nothing(monkeypatch, open_folder):
    monkeypatch.setattr(tempfile, "tempdir", str(open_folder))
    with pytest.raises(EmbeddedPostgresError, match='invalid value for parameter "shared_buffers": "plenty"'):
        EmbeddedPostgres.throwaway({"shared_buffers": "plenty"}).start()
    assert list(open_folder.iterdir()) == []


# -- owners that die -------------------------------------------------------------------------------------------------


async def test_the_server_goes_when_its_owner_is_killed(start, eventually):
    owner = start()
    server = owner.server()
    owner.kill()
    await eventually(lambda: not lives(server["pid"]))
    await eventually(lambda: not Path(server["folder"]).exists())


async def test_a_fork_of_the_owner_does_not_keep_the_server(start, eventually):
    owner = start("fork")
    server = owner.server()
    owner.kill()
    try:
        await eventually(lambda: not lives(server["pid"]))
        assert lives(server["fork"])
    finally:
        os.kill(server["fork"], signal.SIGKILL)


def test_a_program_that_the_owner_runs_does_not_keep_the_server(bystander):
    with EmbeddedPostgres.throwaway() as server:
        pid, running = server.pid, bystander(close_fds=False)
    assert running.poll() is None
    assert not lives(pid)


async def test_an_owner_killed_while_the_data_is_made_leaves_nothing(start, eventually, monkeypatch, open_folder):
    monkeypatch.setenv("TMPDIR", str(open_folder))
    owner = start()
    await eventually(lambda: list(open_folder.glob("*/data.unfinished/*")))
    owner.kill()
    await eventually(lambda: list(open_folder.iterdir()) == [])


async def test_an_interrupt_of_the_terminal_reaches_the_owner_and_not_the_server(start, eventually):
    owner = start()
    server = owner.server()
    os.killpg(owner.process.pid, signal.SIGINT)
    assert owner.hear() == "interrupted\n"
    assert await ask(server["dsn"], "select 1") == 1
    owner.leave()
    assert not lives(server["pid"])


def test_a_server_whose_watchdog_was_killed_is_stopped_all_the_same():
    with EmbeddedPostgres.throwaway() as server:
        pid, folder = server.pid, server.folder
        (watching,) = watchdogs(str(folder))
        os.kill(watching, signal.SIGKILL)
    assert not lives(pid)
    assert not folder.exists()


async def test_a_watchdog_that_is_asked_to_end_stays_until_its_server_has_ended(start, eventually):
    owner = start()
    server = owner.server()
    (watching,) = watchdogs(server["folder"])
    os.kill(watching, signal.SIGTERM)
    owner.kill()
    await eventually(lambda: not lives(server["pid"]))


# -- a kept server ---------------------------------------------------------------------------------------------------


async def test_a_kept_server_is_durable_and_keeps_its_rows(open_folder):
    with EmbeddedPostgres.kept(open_folder / "postgres") as server:
        assert await ask(server.dsn, "show fsync") == "on"
        await ask(server.dsn, "create table kept as select 42 as number")
    with EmbeddedPostgres.kept(open_folder / "postgres") as server:
        assert await ask(server.dsn, "select number from kept") == 42


async def test_a_second_process_joins_the_server_and_does_not_stop_it(start, open_folder):
    owner = start(open_folder / "postgres")
    first = owner.server()
    joined = start(open_folder / "postgres")
    assert joined.server() == first | {"owned": False}
    joined.leave()
    assert await ask(first["dsn"], "select 1") == 1


async def test_the_server_stays_until_its_last_user_leaves(start, open_folder):
    owner = start(open_folder / "postgres")
    server = owner.server()
    joined = start(open_folder / "postgres")
    joined.server()
    owner.leave()
    assert await ask(server["dsn"], "select 1") == 1
    joined.leave()
    assert not lives(server["pid"])


async def test_the_server_goes_when_owner_and_user_are_killed(start, open_folder, eventually):
    owner, joined = start(open_folder / "postgres"), start(open_folder / "postgres")
    server = owner.server()
    joined.server()
    owner.kill()
    joined.kill()
    await eventually(lambda: not lives(server["pid"]))


async def test_starters_that_race_get_one_server(start, open_folder):
    owners = [start(open_folder / "postgres") for _ in range(3)]
    servers = [owner.server() for owner in owners]
    assert len({server["pid"] for server in servers}) == 1
    assert sorted(server["owned"] for server in servers) == [False, False, True]


async def test_a_server_that_was_killed_starts_again_with_its_rows(start, open_folder, eventually):
    owner = start(open_folder / "postgres")
    server = owner.server()
    await ask(server["dsn"], "create table kept as select 42 as number")
    os.kill(server["pid"], signal.SIGKILL)
    owner.kill()
    with EmbeddedPostgres.kept(open_folder / "postgres") as again:
        assert again.pid != server["pid"]
        assert await ask(again.dsn, "select number from kept") == 42


async def test_a_process_that_got_the_number_of_a_killed_server_does_not_hinder(start, open_folder, bystander):
    owner = start(open_folder / "postgres")
    server = owner.server()
    os.kill(server["pid"], signal.SIGKILL)
    owner.kill()
    stale = open_folder / "postgres" / "data" / "postmaster.pid"
    stranger = bystander(**({"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}))
    stale.write_text(stale.read_text().replace(str(server["pid"]), str(stranger.pid), 1))
    with EmbeddedPostgres.kept(open_folder / "postgres") as again:
        assert await ask(again.dsn, "select 1") == 1
    assert stranger.poll() is None


async def test_a_path_too_long_for_a_socket_works(open_folder):
    folder = open_folder / ("long " * 20) / ("longer" * 20) / "postgres"
    with EmbeddedPostgres.kept(folder) as server:
        assert await ask(server.dsn, "select 1") == 1
        server_dsn = server.dsn
        sockets = Path(str(await ask(server_dsn, "show unix_socket_directories")))
        assert lives(server.pid)
        with EmbeddedPostgres.kept(folder) as joined:
            assert joined.dsn == server.dsn
    assert not sockets.parent.exists()
    with EmbeddedPostgres.kept(folder) as again:
        assert again.dsn == server_dsn, "who knows the address finds the server again"


@pytest.mark.parametrize("squatter", ["somebody's folder", "a link", "a file"])
async def test_a_place_for_the_socket_that_is_not_ours_is_left_alone(open_folder, squatter):
    folder = open_folder / ("long " * 20) / ("longer" * 20) / "postgres"
    with EmbeddedPostgres.kept(folder) as server:
        place = Path(str(await ask(server.dsn, "show unix_socket_directories"))).parent
    if squatter == "a file":
        place.write_text("")
    elif squatter == "a link":
        place.symlink_to(open_folder)
    elif os.geteuid() == 0:
        place.mkdir()
        os.chown(place, NOBODY, NOBODY)
    else:
        pytest.skip("only root can make a folder that is somebody else's")
    try:
        with EmbeddedPostgres.kept(folder) as elsewhere:
            assert await ask(elsewhere.dsn, "select 1") == 1
            assert str(place) not in elsewhere.dsn
        assert place.lstat()
    finally:
        place.rmdir() if squatter == "somebody's folder" else place.unlink()


def test_data_of_another_version_is_refused_with_the_remedy(open_folder):
    with EmbeddedPostgres.kept(open_folder / "postgres") as server:
        folder = server.folder
    (folder / "data" / "PG_VERSION").write_text("13\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 13, .* Set CURATION_PG_BIN .*; or remove"):
        EmbeddedPostgres.kept(open_folder / "postgres").start()


def test_a_folder_that_is_a_file_is_named(open_folder):
    (open_folder / "postgres").write_text("")
    with pytest.raises(EmbeddedPostgresError, match=f"can't be started in {open_folder}/postgres"):
        EmbeddedPostgres.kept(open_folder / "postgres").start()


def test_a_server_that_hangs_is_not_waited_for_without_end(open_folder, start):
    server = start(open_folder / "postgres").server()
    os.kill(server["pid"], signal.SIGSTOP)
    try:
        with pytest.raises(EmbeddedPostgresError, match="is not ready"):
            EmbeddedPostgres.kept(open_folder / "postgres", deadline=0.1).start()
    finally:
        os.kill(server["pid"], signal.SIGCONT)


def test_a_starter_that_hangs_is_not_waited_for_without_end(open_folder):
    (open_folder / "postgres").mkdir()
    with (open_folder / "postgres" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(EmbeddedPostgresError, match="another process does not get done"):
            EmbeddedPostgres.kept(open_folder / "postgres", deadline=0.1).start()


def test_a_kept_server_says_what_it_is_and_where(open_folder):
    folder = open_folder / "postgres"
    with EmbeddedPostgres.kept(folder) as server, EmbeddedPostgres.kept(folder) as joined:
        assert server.description.startswith(f"PostgreSQL {find_binaries().version} of ")
        assert server.description.endswith(f", kept data in {folder}")
        assert joined.description == f"the PostgreSQL that runs as process {server.pid}, kept data in {folder}"


# -- as root ---------------------------------------------------------------------------------------------------------


@as_root
def test_root_hands_the_server_to_an_account_without_rights(open_folder):
    with EmbeddedPostgres.kept(open_folder / "postgres") as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == NOBODY
        assert (server.folder / "data").stat().st_uid == NOBODY
        assert {path.name for path in server.folder.iterdir() if path.stat().st_uid == NOBODY} == {"data", "socket"}


@as_root
async def test_a_project_in_a_folder_closed_to_others_keeps_its_data_elsewhere_and_says_so(open_folder):
    project = open_folder / "closed" / "project"
    project.mkdir(parents=True)
    project.parent.chmod(0o700)
    for expected in (None, 42):
        with EmbeddedPostgres.kept(project / ".curation" / "postgres") as server:
            assert server.folder.parent == open_folder / "home"
            said = f"kept data in {server.folder} (linked from {project}/.curation/postgres: {project.parent} is closed"
            assert said in server.description
            assert await ask(server.dsn, "select to_regclass('kept') is not null") == (expected is not None)
            await ask(server.dsn, "create table if not exists kept as select 42 as number")
    assert project.parent.stat().st_mode & 0o777 == 0o700


@as_root
async def test_starters_that_race_in_a_closed_folder_get_one_server(open_folder, start):
    project = open_folder / "closed" / "project"
    project.mkdir(parents=True)
    project.parent.chmod(0o700)
    owners = [start(project / "postgres") for _ in range(3)]
    assert len({owner.server()["pid"] for owner in owners}) == 1
    assert len(list((open_folder / "home").iterdir())) == 1


@as_root
def test_roots_umask_does_not_close_the_folders_that_are_made(open_folder):
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    mask = os.umask(0o077)
    try:
        with EmbeddedPostgres.kept(closed / "postgres") as server:
            assert server.folder.parent == open_folder / "home"
    finally:
        os.umask(mask)


@as_root
def test_a_link_whose_data_is_gone_is_made_anew(open_folder):
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    (closed / "postgres").symlink_to(open_folder / "home" / "gone")
    with EmbeddedPostgres.kept(closed / "postgres") as server:
        assert (closed / "postgres").resolve() == server.folder


@as_root
def test_data_whose_folder_was_closed_later_is_named_with_the_remedy(open_folder):
    with EmbeddedPostgres.kept(open_folder / "project" / "postgres"):
        pass
    (open_folder / "project").chmod(0o700)
    with pytest.raises(EmbeddedPostgresError, match=f"can't enter {open_folder}/project. Allow it with: chmod o"):
        EmbeddedPostgres.kept(open_folder / "project" / "postgres").start()


@as_root
def test_a_home_that_is_closed_itself_is_named_with_the_remedy(open_folder, monkeypatch):
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("CURATION_PG_HOME", str(closed / "home"))
    with pytest.raises(EmbeddedPostgresError, match=f"{closed} can't be entered. Set CURATION_PG_HOME"):
        EmbeddedPostgres.kept(closed / "postgres").start()


@as_root
def test_a_temporary_folder_that_is_closed_is_passed_over(open_folder, monkeypatch):
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(closed))
    with EmbeddedPostgres.throwaway() as server:
        assert closed not in server.folder.parents


@pytest.mark.parametrize(
    ("set_by_user", "wanted", "inside"), [(False, 0, True), (True, 0, False), (False, 1 << 60, False)]
)
def test_data_may_be_in_memory_where_there_is_room_and_nobody_said_otherwise(
    open_folder, monkeypatch, set_by_user, wanted, inside
):
    monkeypatch.setattr(refuge, "MEMORY", open_folder)
    monkeypatch.setattr(refuge, "MEMORY_WANTED", wanted)
    monkeypatch.delenv("TMPDIR", raising=False)
    if set_by_user:
        monkeypatch.setenv("TMPDIR", tempfile.gettempdir())
    with EmbeddedPostgres.throwaway(in_memory=True) as server:
        assert (server.folder.parent == open_folder) is inside
    assert list(open_folder.iterdir()) == []


@as_root
def test_data_of_a_user_is_served_by_that_user_when_root_asks(open_folder):
    with EmbeddedPostgres.kept(open_folder / "postgres"):
        pass
    for path in (open_folder / "postgres", *(open_folder / "postgres").rglob("*")):
        os.chown(path, 1234, 1234)
    with EmbeddedPostgres.kept(open_folder / "postgres") as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == 1234
