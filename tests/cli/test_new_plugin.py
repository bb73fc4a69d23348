import os
import sys
import tomllib
from pathlib import Path

import pytest

from curation_core._cli.exits import Exit


def names_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_new_plugin_has_all_that_a_distribution_needs(cli):
    answer = cli("new-plugin", "reading-time")
    assert answer.code == Exit.WELL
    folder = cli.folder / "curation-reading-time"
    package = "src/curation_reading_time"
    assert names_in(folder) == [
        ".github/workflows/tests.yml",
        ".gitignore",
        "README.md",
        "pyproject.toml",
        *(f"{package}/{name}" for name in ("__init__.py", "models.py", "plugin.py", "py.typed", "reading.py")),
        f"{package}/settings.py",
        "tests/test_conformance.py",
        "tests/test_reading.py",
    ]
    assert all(name in answer.out for name in names_in(folder))
    assert "12 files written to curation-reading-time" in answer.out


def test_it_asks_for_the_core_that_wrote_it_and_says_nothing_of_a_licence(cli, projects_version):
    cli("new-plugin", "reading-time", "--into", "here")
    project = tomllib.loads((cli.folder / "here/pyproject.toml").read_text())["project"]
    major, minor, _ = projects_version.split(".")
    assert f"curation-core>={major}.{minor},<{major}.{int(minor) + 1}" in project["dependencies"]
    assert project["entry-points"]["curation_core.plugins"] == {"reading-time": "curation_reading_time.plugin"}
    assert {"license", "license-files", "authors"}.isdisjoint(project)
    assert not [line for line in project["classifiers"] if line.startswith("License")]


@pytest.fixture
def projects_version():
    return tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["version"]


def test_no_placeholder_is_left_in_any_file(cli):
    cli("new-plugin", "reading-time", "--distribution", "Acme.Reading_Time", "--into", "here")
    texts = {name: (cli.folder / "here" / name).read_text() for name in names_in(cli.folder / "here")}
    assert [name for name in texts if "__package__" in name or name.endswith(".template")] == []
    assert [name for name, text in texts.items() if "$" in text.replace("$ ", "").replace("${{ matrix", "")] == []
    assert 'name = "acme-reading-time"' in texts["pyproject.toml"]
    assert "src/acme_reading_time/plugin.py" in texts


def test_the_distributions_prefix_before_the_name_is_not_doubled(cli):
    cli("new-plugin", "curation-reading-time")
    assert [path.name for path in cli.folder.iterdir()] == ["curation-reading-time"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Reading-Time"], "such as reading-time"),
        (["ReadingTime"], "such as reading-time"),
        (["2fast"], "such as fast"),
        (["a--b"], "such as a-b"),
        (["--", "-x"], "such as x"),
        ([""], "such as reading-time"),
        (["../up"], "such as up"),
        (["x" * 51], "at most 50 characters"),
        (["core"], "a module of that name is here already"),
        (["x", "--distribution", "json"], "a module of that name is here already"),
        (["x", "--distribution", "class"], "which Python can't import"),
        (["x", "--distribution", "9x"], "which Python can't import"),
        (["x", "--distribution", "../up"], "can't name a distribution"),
        (["x", "--distribution", "y" * 81], "at most 80 characters"),
    ],
)
def test_a_name_that_can_not_be_one_is_refused_with_one_that_can(cli, arguments, said):
    answer = cli("new-plugin", *arguments)
    assert answer.code == Exit.USAGE
    assert said in answer.err
    assert list(cli.folder.iterdir()) == []


def test_a_folder_in_which_something_is_stays_as_it_is(cli):
    (cli.folder / "taken").mkdir()
    (cli.folder / "taken/mine.txt").write_text("mine")
    answer = cli("new-plugin", "reading-time", "--into", "taken")
    assert answer.code == Exit.USAGE
    assert "taken is not empty, mine.txt is there: name a new folder" in answer.err
    assert names_in(cli.folder / "taken") == ["mine.txt"]


def test_an_empty_repository_is_empty_enough(cli):
    (cli.folder / ".git").mkdir()
    assert cli("new-plugin", "reading-time", "--into", ".").code == Exit.WELL
    assert (cli.folder / "pyproject.toml").exists()


def test_a_file_where_the_folder_should_be_is_refused(cli):
    (cli.folder / "taken").write_text("mine")
    answer = cli("new-plugin", "reading-time", "--into", "taken/deeper")
    assert answer.code == Exit.USAGE
    assert "taken/deeper" in answer.err
    assert (cli.folder / "taken").read_text() == "mine"


@pytest.mark.skipif(not Path("/proc").exists(), reason="root writes everywhere but there, and only Linux has it")
def test_a_folder_that_can_not_be_written_is_named(cli):
    answer = cli("new-plugin", "reading-time", "--into", f"/proc/{os.getpid()}/new")
    assert answer.code == Exit.USAGE
    assert "can't be written" in answer.err
    assert "Traceback" not in answer.err


def test_a_dry_run_writes_nothing_and_says_what_would_be(cli):
    answer = cli("new-plugin", "reading-time", "--dry-run")
    assert answer.code == Exit.WELL
    assert "12 files would be written to curation-reading-time" in answer.out
    assert list(cli.folder.iterdir()) == []


def test_it_is_taken_by_the_host_as_it_is(cli, monkeypatch):
    cli("new-plugin", "reading-time", "--distribution", "freshly-made", "--into", "made")
    monkeypatch.syspath_prepend(cli.folder / "made/src")
    cli.setenv("CURATION_PLUGINS", "nothing")
    (workflow,) = cli("workflows", "--plugin", "reading-time=freshly_made.plugin", "--json").json["workflows"]
    assert (workflow["name"], workflow["table"], workflow["status"]) == (
        "reading-time",
        "articles",
        "reading_time_status",
    )
    for name in [name for name in sys.modules if name.startswith("freshly_made")]:
        del sys.modules[name]
