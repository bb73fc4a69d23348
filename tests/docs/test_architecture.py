"""The tour of the tree leads to what is there, and past nothing."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/explanation/architecture.md").read_text()


def names(line):
    return set(re.findall(r"\w+", line))


def test_every_path_of_the_tour_is_there():
    paths = re.findall(r"`((?:curation_core|plugins|examples|tests)/[\w/.]*)`", PAGE)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_tour_passes_no_module_by():
    modules = [
        path for path in (ROOT / "curation_core").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    ]
    shown = [f"`{path.relative_to(ROOT).as_posix()}{'/' if path.is_dir() else ''}`" for path in modules]
    assert [name for name in shown if name not in PAGE] == []


def test_the_floors_are_those_that_are_checked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (floors,) = [each["layers"] for each in project["tool"]["importlinter"]["contracts"] if each["id"] == "floors"]
    drawn = PAGE.partition("```text\n")[2].partition("```")[0].splitlines()
    assert [names(line.partition("   ")[0]) for line in drawn] == [
        {
            name
            for name in names(floor)
            if (ROOT / "curation_core" / name).exists() or (ROOT / f"curation_core/{name}.py").exists()
        }
        for floor in floors
    ]
