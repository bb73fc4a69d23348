"""The reference says what the code says."""

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from reading.parts import parts

from curation_core._cli import curation
from curation_core._cli.exits import Exit
from curation_core.host import Host, PluginState

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for under in ("docs", "examples", "plugins") for page in ROOT.glob(f"{under}/**/*.md"))]
)
COMMAND = re.compile(r"(?:`|^\$ )curation ([a-z][a-z-]*)", re.MULTILINE)


def test_what_is_generated_is_as_the_code_has_it():
    ran = subprocess.run(
        [sys.executable, ROOT / "tests/docs/generate", "--check"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, f"{ran.stdout}{ran.stderr}\nwrite it anew with: python tests/docs/generate"


def test_every_exit_code_stands_in_the_reference_of_the_commands():
    page = (ROOT / "docs/reference/commands.md").read_text()
    assert [code for code in Exit if f"| {code.value} |" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_names_no_command_that_is_not_there(page):
    named = set(COMMAND.findall(page.read_text()))
    assert named - set(curation.commands) == set()


def test_the_examples_of_the_hooks_are_a_plugin_that_loads():
    plugin = ModuleType("count")
    for part in parts(ROOT / "docs/reference/hooks.md"):
        if part.language == "python":
            exec(part.text, vars(plugin))  # noqa: S102 - the page is what is tested
    report = Host().register(plugin, "count")
    assert report.state is PluginState.OK, str(report)
    assert {"lifespan", "process_item", "save_result", "on_error", "around_item", "on_settled"} <= set(report.hooks)
