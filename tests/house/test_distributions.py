import re
import tomllib

import pytest


@pytest.fixture(scope="session")
def version(projects):
    return projects["."]["project"]["version"]


def test_every_distribution_has_the_cores_version(projects, version):
    assert {
        folder: p["project"]["version"] for folder, p in projects.items() if p["project"]["version"] != version
    } == {}


def test_what_stands_here_is_asked_for_in_this_version_and_not_in_the_next(root, projects, version):
    major, minor, _ = version.split(".")
    wanted = f">={major}.{minor},<{major}.{int(minor) + 1}"
    here = "|".join(project["project"]["name"] for project in projects.values())
    examples = {path.parent.name: tomllib.loads(path.read_text()) for path in root.glob("examples/*/pyproject.toml")}
    asked = {
        (folder, line): match[1]
        for folder, project in (projects | examples).items()
        for line in project["project"]["dependencies"]
        if (match := re.fullmatch(rf"(?:{here})(?:\[\w+\])?(.*)", line.replace(" ", "")))
    }
    assert asked
    assert {asker: bounds for asker, bounds in asked.items() if bounds != wanted} == {}


def test_a_distribution_that_brings_a_workflow_depends_on_the_core(projects):
    without = [
        folder
        for folder, project in projects.items()
        if "curation_core.plugins" in project["project"].get("entry-points", {})
        and not any(line.startswith("curation-core") for line in project["project"]["dependencies"])
    ]
    assert without == []


def test_every_distribution_is_named_as_its_folder(projects):
    named = {folder: project["project"]["name"] for folder, project in projects.items() if folder != "."}
    assert {folder: name for folder, name in named.items() if folder != f"plugins/{name}"} == {}


def test_every_distribution_carries_the_licence(root, projects):
    text = (root / "LICENSE").read_text()
    assert "Apache License" in text
    assert [folder for folder in projects if not (root / folder / "LICENSE").exists()] == []
    assert [folder for folder in projects if (root / folder / "LICENSE").read_text() != text] == []
    assert {folder for folder, project in projects.items() if project["project"]["license"] != "Apache-2.0"} == set()


def test_every_distribution_is_typed(root, projects):
    missing = [
        package
        for folder, project in projects.items()
        for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        if not (root / folder / package / "py.typed").exists()
    ]
    assert missing == []


def test_every_distribution_needs_the_same_python(projects):
    assert {project["project"]["requires-python"] for project in projects.values()} == {">=3.11"}


def test_every_dependency_has_a_lower_bound(projects):
    unbounded = {
        (folder, line)
        for folder, project in projects.items()
        for line in project["project"]["dependencies"]
        if not re.search(r">=\s*\d", line)
    }
    assert unbounded == set()
