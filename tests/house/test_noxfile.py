import ast
import re
import subprocess
import sys
import tomllib

import pytest

WITHOUT_PIP = """
import runpy, sys
sys.modules["ensurepip"] = sys.modules["pip"] = None
sys.argv = ["noxfile.py", "tests"]
runpy.run_path({path!r}, run_name="__main__")
"""


@pytest.fixture(scope="session")
def sessions(trees):
    marked = [n for n in trees["noxfile.py"].body if isinstance(n, ast.FunctionDef) and n.decorator_list]
    return {node.name: ast.get_docstring(node) for node in marked}


def test_without_pip_the_remedy_is_named_and_nothing_is_made(root, tmp_path):
    copy = tmp_path / "noxfile.py"
    copy.write_text((root / "noxfile.py").read_text())
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_PIP.format(path=str(copy))], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "apt-get install python3-venv" in ran.stderr
    assert list(tmp_path.iterdir()) == [copy]


def test_every_session_says_what_it_does(sessions):
    assert {"demo", "tests", "lint", "types", "wheels"} <= set(sessions)
    assert [name for name, said in sessions.items() if not said] == []


def test_the_contributors_guide_names_every_session(root, sessions):
    guide = (root / "CONTRIBUTING.md").read_text()
    assert [name for name in sessions if f"`{name}`" not in guide] == []


def test_what_must_pass_leaves_out_no_test_but_those_that_the_wheels_run(root):
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    wheels, tests = re.findall(r"^python3 noxfile.py (.+?) \|", (root / ".ci/run").read_text(), re.MULTILINE)
    assert "wheels" in wheels.split()
    assert {"plugins/*/tests", *tests.split("=4 ")[1].split()} == set(settings["testpaths"])
    assert {path.parent for path in root.glob("plugins/*/tests")} <= {
        path.parent for path in root.glob("plugins/*/pyproject.toml")
    }
