"""What `nox -s mutants` needs to be true of the source; the session itself takes minutes."""

import ast
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from guards import GUARDS

ROOT = Path(__file__).resolve().parents[2]


def functions(file):
    tree = ast.parse((ROOT / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_stands_where_it_is_to_be_taken_from(guard):
    without = guard.taken_from((ROOT / "curation_core" / guard.file).read_text())
    compile(without, guard.file, "exec")


def test_every_guard_has_its_own_name():
    assert [name for name, times in Counter(guard.name for guard in GUARDS).items() if times > 1] == []


def test_every_test_that_is_to_fail_exists():
    named = {test.split("[")[0] for guard in GUARDS for test in guard.killed_by}
    pairs = [test.split("::") for test in named]
    assert [pair for pair in pairs if not pair[1:] or pair[1] not in functions(pair[0])] == []


def test_tests_of_another_copy_of_the_package_are_not_taken_for_the_mutants(tmp_path):
    environment = {"CURATION_MUTANT": str(tmp_path), "PYTHONPATH": str(Path(__file__).parent)}
    words = ["-m", "pytest", "-p", "imported", "--collect-only", "-q", "tests/unit/test_backoff.py"]
    ran = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "curation_core was imported from" in ran.stderr
