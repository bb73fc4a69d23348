import ast
import subprocess
import sys
from importlib import import_module

import pytest

import curation_core

HEAVY = {"sqlalchemy", "pydantic", "pluggy", "asyncpg", "alembic", "apscheduler", "click", "rich", "importlib_metadata"}
OPEN_TO_PLUGINS = {"curation_core", "curation_core.testing"}


def names_for_checkers(root):
    tree = ast.parse((root / "curation_core/__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    return {(alias.asname, node.module) for node in block.body for alias in node.names}


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, curation_core; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(ran.stdout.split())
    assert "curation_core" in imported
    assert imported & HEAVY == set()


@pytest.mark.parametrize("name", curation_core.__all__)
def test_every_public_name_can_be_imported(name):
    assert getattr(curation_core, name) is getattr(import_module("curation_core"), name)


def test_checkers_see_the_names_that_python_sees(root):
    homes = curation_core._HOME  # noqa: SLF001 - it is the table that both lists must agree with
    real = {(name, f"curation_core.{module}") for name, module in homes.items()}
    assert names_for_checkers(root) == real


def test_public_names_are_listed_by_dir_and_in_order():
    assert set(curation_core.__all__) <= set(dir(curation_core))
    assert curation_core.__all__ == sorted(curation_core.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Workflw'"):
        curation_core.Workflw  # noqa: B018 - the access is what is tested


def test_plugins_and_examples_use_public_names_only(trees):
    strangers = {
        (name, node.module, alias.name)
        for name, tree in trees.items()
        if name.startswith(("plugins/", "examples/"))
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "curation_core"
        for alias in node.names
        if node.module not in OPEN_TO_PLUGINS
        or (node.module == "curation_core" and alias.name not in curation_core.__all__)
    }
    assert strangers == set()
