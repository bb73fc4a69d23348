"""Each guarantee names tests that attack it, and they are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/explanation/guarantees.md"
SECTIONS = {
    int(number): text
    for number, text in re.findall(r"^## I(\d+)\. (.*?)(?=^## )", PAGE.read_text(), re.DOTALL | re.MULTILINE)
}


@pytest.fixture(scope="module")
def tests():
    """The name of every test function."""
    trees = [ast.parse(path.read_text()) for path in ROOT.glob("tests/**/test_*.py")]
    functions = [
        node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return {node.name for node in functions if node.name.startswith("test_")}


def test_every_guarantee_of_the_readme_is_explained():
    readme = re.findall(r"^\| I(\d+) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert [int(number) for number in readme] == list(SECTIONS)


@pytest.mark.parametrize("number", SECTIONS)
def test_a_guarantee_names_its_means_its_end_and_its_tests(number, tests):
    named = set(re.findall(r"`(test_\w+)`", SECTIONS[number]))
    assert "**By** " in SECTIONS[number]
    assert "**Ends** " in SECTIONS[number]
    assert named
    assert named - tests == set()
