"""What pytest pays for the plugin in every environment that has it installed."""

import subprocess
import sys
from importlib import import_module

import pytest

import curation_core.testing

HEAVY = ("sqlalchemy", "asyncpg", "pydantic", "pluggy_", "alembic", "apscheduler", "curation_core.engine", "uvloop")
NOTHING = """
import sys

def test_nothing():
    assert "curation_core.testing.fixtures" in sys.modules
"""


def test_pytest_starts_without_importing_anything_heavy(tmp_path):
    (tmp_path / "test_nothing.py").write_text(NOTHING)
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "test_nothing.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stdout
    imported = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time:")}
    assert "pytest" in imported
    assert {name for name in imported if name.startswith(HEAVY)} == set()


@pytest.mark.parametrize("name", curation_core.testing.__all__)
def test_every_public_name_can_be_imported(name):
    assert getattr(curation_core.testing, name) is getattr(import_module("curation_core.testing"), name)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Harnes'"):
        curation_core.testing.Harnes  # noqa: B018 - the access is what is tested


def test_the_core_does_not_import_its_testing():
    code = "import sys, curation_core.engine, curation_core._cli.working; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name for name in ran.stdout.split() if name.startswith(("curation_core.testing", "pytest"))} == set()
