"""A new plugin in an environment of its own: two wheels, what they depend on, and what its author works with."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {name: text for name, text in os.environ.items() if not name.startswith(("CURATION_", "PYTHON", "COV_"))}
ENVIRONMENT |= {
    name: os.environ[name] for name in ("CURATION_TEST_DATABASE_URL", "CURATION_PG_BIN") if name in os.environ
}


def run(*command, folder, **options):
    ran = subprocess.run(
        list(map(str, command)), cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False, **options
    )
    assert ran.returncode == 0, f"{command}: exit code {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


class Tools:
    """Makes environments and wheels with uv where it is there, else with pip."""

    def __init__(self, home):
        self.home = home
        self.python = home / "environment/bin/python"
        self.uv = shutil.which("uv")

    def make(self):
        if self.uv:
            run(self.uv, "venv", "--quiet", "--python", sys.executable, self.home / "environment", folder=self.home)
            return
        own_pip = ["--without-pip"] if find_spec("pip") else []  # Debian keeps ensurepip in a package of its own
        run(sys.executable, "-m", "venv", *own_pip, self.home / "environment", folder=self.home)

    def pip(self):
        return (
            [sys.executable, "-m", "pip", "--python", self.python] if find_spec("pip") else [self.python, "-m", "pip"]
        )

    def wheel(self, source):
        out = self.home / "dist" / source.name
        if self.uv:
            run(self.uv, "build", "--quiet", "--wheel", "--out-dir", out, source, folder=self.home)
        else:
            run(*self.pip(), "wheel", "--quiet", "--no-deps", "-w", out, source, folder=self.home)
        (found,) = out.glob("*.whl")
        return found.as_uri()

    def install(self, *what):
        command = [self.uv, "pip", "install", "--python", self.python] if self.uv else [*self.pip(), "install"]
        run(*command, "--quiet", *what, folder=self.home)


@pytest.fixture
def bin_folder(cli, tmp_path_factory):
    """The commands of an environment with the core, a new plugin and its author's tools; the plugin lies in `new`."""
    home = tmp_path_factory.mktemp("new-plugin")
    cli("new-plugin", "reading-time", "--distribution", "acme-reading-time", "--into", str(cli.folder / "new"))
    group = tomllib.loads((cli.folder / "new/pyproject.toml").read_text())["dependency-groups"]["dev"]
    tools = Tools(home)
    tools.make()
    core = f"curation-core[testing] @ {tools.wheel(ROOT)}"
    plugin = f"acme-reading-time @ {tools.wheel(cli.folder / 'new')}"
    tools.install(core, plugin, *(line for line in group if not line.startswith("curation-core")))
    return tools.python.parent


def test_a_new_plugin_passes_all_that_its_own_checks_ask(cli, bin_folder):
    new = cli.folder / "new"
    listed = json.loads(run(bin_folder / "curation", "plugin", "check", "--json", folder=cli.folder))
    assert [(each["name"], each["distribution"], each["state"], each["findings"]) for each in listed["plugins"]] == [
        ("reading-time", "acme-reading-time", "ok", [])
    ]
    assert "articles.reading_time_status" in run(bin_folder / "curation", "workflows", folder=cli.folder)
    run(bin_folder / "ruff", "check", folder=new)
    run(bin_folder / "ruff", "format", "--check", folder=new)
    run(bin_folder / "mypy", folder=new)
    shutil.rmtree(new / "src")  # what is tested is the wheel
    said = run(bin_folder / "pytest", "-q", folder=new)
    assert " passed" in said
    assert "failed" not in said
