import subprocess
import sys

import pytest

from curation_core._cli.exits import Exit
from curation_core._declared import core_range

SETTINGS = """
from pydantic import BaseModel
from pages import *
from pages import process_item

WORDS = States(queued="Queued", processing="Processing", completed="Complete", failed="Error")

class Loose(BaseModel):
    number: object = 0
    inner: str = ""

@hookimpl
def declare_workflow():
    return Workflow(status=Page.status, states=WORDS, settings=Loose)
"""


@pytest.fixture
def write(cli, monkeypatch):
    """Writes a module into the command line's folder, to be forgotten after the test."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(cli.folder)

    def to(name, text):
        (cli.folder / f"{name}.py").write_text(text)

    yield to
    for name in set(sys.modules) - before:
        if str(cli.folder) in (getattr(sys.modules[name], "__file__", None) or ""):
            del sys.modules[name]


@pytest.fixture
def installed(cli, write):
    """Installs a distribution with the workflow `pages` of this folder's `held`, as pip leaves it."""
    write("held", "from pages import *\nfrom pages import declare_workflow, process_item\n")
    cli.setenv("CURATION_PLUGINS", "held")

    def install(*requires, reference="held"):
        folder = cli.folder / "held_up-1.2.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.4", "Name: held-up", "Version: 1.2", *(f"Requires-Dist: {r}" for r in requires)]
        (folder / "METADATA").write_text("\n".join([*lines, ""]))
        (folder / "entry_points.txt").write_text(f"[curation_core.plugins]\nheld = {reference}\n")

    return install


def findings(cli, *arguments):
    answer = cli("plugin", "check", *arguments, "--json")
    return answer.code, {each["name"]: each["findings"] for each in answer.json["plugins"] if each["state"] == "ok"}


def test_a_plugin_that_is_well_is_listed_with_its_hooks(cli):
    answer = cli("plugin", "check", "--plugin", "pages", "pages")
    assert answer.code == Exit.WELL
    assert answer.out.splitlines() == [
        "pages = pages (? ?) ok: declare_workflow, process_item",
        "1 checked: 1 well, 0 refused, 0 to be mended",
    ]


def test_no_database_and_no_workflows_settings_are_needed(cli):
    cli.setenv("CURATION_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    assert cli("plugin", "check", "--plugin", "needing", "needing").code == Exit.WELL


def test_a_module_with_a_syntax_error_is_reported_and_the_others_are_checked_all_the_same(cli, write):
    write("broken", "def process_item(:\n")
    answer = cli("plugin", "check", "--plugin", "broken", "--plugin", "pages", "broken", "pages")
    assert answer.code == Exit.PLUGINS
    assert "broken = broken (? ?) failed: importing broken raised SyntaxError" in answer.out
    assert "remedy: see the traceback with: python -c 'import broken'" in answer.out
    assert answer.out.endswith("2 checked: 1 well, 1 refused, 0 to be mended\n")
    assert answer.err == ""


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("held_elsewhere", "No module named 'held_elsewhere'"),
        ("held:plugin", "has no 'plugin'"),
        ("held:process_item", "names the function process_item"),
        ("no reference!", "is no reference"),
    ],
)
def test_an_entry_point_that_lies_is_refused_with_its_distribution_and_a_remedy(cli, installed, reference, said):
    installed("curation-core<1", reference=reference)
    answer = cli("plugin", "check", "held")
    assert answer.code == Exit.PLUGINS
    assert said in answer.out
    assert "(held-up 1.2)" in answer.out
    assert "  remedy: " in answer.out


def test_a_strict_configuration_does_not_keep_it_from_telling_everything(cli, write):
    write("broken", "1 / 0\n")
    cli.configure("[plugins]\nstrict = true\n")
    answer = cli("plugin", "check", "--plugin", "broken", "--plugin", "pages", "--json")
    assert answer.code == Exit.PLUGINS
    assert {each["name"]: each["state"] for each in answer.json["plugins"]} == {
        "broken": "failed",
        "pages": "ok",
    } | {each["name"]: "blocked" for each in answer.json["plugins"] if each["state"] == "blocked"}


def test_a_setting_that_takes_whatever_it_is_given_is_to_be_mended(cli, write):
    write("loose", SETTINGS)
    code, found = findings(cli, "--plugin", "loose", "loose")
    assert code == Exit.FOUND
    assert [finding["problem"].partition(" = ")[0] for finding in found["loose"]] == ["the setting `number"]
    assert all('ConfigDict(extra="forbid")' in finding["remedy"] for finding in found["loose"])


@pytest.mark.parametrize(
    ("requires", "said"),
    [
        ([], "the distribution held-up does not ask for curation-core"),
        (["curation-core[testing]<9; extra == 'tests'"], "does not ask for curation-core"),
        (["Curation.Core"], "takes every later curation-core"),
        (["curation-core>=0.1"], "takes every later curation-core"),
    ],
)
def test_a_distribution_that_does_not_say_for_which_core_it_was_made_is_to_be_mended(cli, installed, requires, said):
    installed(*requires)
    code, found = findings(cli, "held")
    assert code == Exit.FOUND
    assert said in found["held"][0]["problem"]
    assert f'write "curation-core{core_range()}"' in found["held"][0]["remedy"]


@pytest.mark.parametrize("bounds", ["<9", "~=0.1", "==0.1.*", ">=0.1,<0.2"])
def test_a_distribution_that_says_it_is_well(cli, installed, bounds):
    installed(f"curation-core{bounds}", "sqlalchemy>=2.1")
    assert findings(cli, "held") == (Exit.WELL, {"held": []})


def test_a_name_that_nothing_has_is_refused_with_those_there_are(cli):
    answer = cli("plugin", "check", "--plugin", "pages", "page")
    assert answer.code == Exit.USAGE
    assert "no plugin 'page'; did you mean 'pages'?" in answer.err


def test_a_plugin_that_is_blocked_is_not_said_to_be_well(cli, installed):
    installed("curation-core<1")
    cli.setenv("CURATION_PLUGINS", "")
    cli.setenv("CURATION_PLUGINS__DENY", "held")
    answer = cli("plugin", "check", "held")
    assert answer.code == Exit.PLUGINS
    assert "held = held (held-up 1.2) blocked: denied by `deny`" in answer.out
    assert "nothing to check: every one of them is blocked" in answer.err


def test_pytest_is_not_imported_for_it(cli):
    code = "import sys; from curation_core.__main__ import main\ntry: main()\nfinally: print(*sys.modules)"
    command = [sys.executable, "-c", code, "plugin", "check", "--plugin", "pages", "pages"]
    ran = subprocess.run(command, cwd=cli.folder, capture_output=True, text=True, check=True)
    imported = set(ran.stdout.split())
    assert "1 checked: 1 well" in ran.stdout
    assert {"pytest", "curation_core.testing"}.isdisjoint(imported)


def test_a_secret_in_plain_text_and_an_error_that_is_swallowed_are_to_be_mended(cli, write):
    write(
        "frank",
        """
from pydantic import BaseModel
from pages import *

WORDS = States(queued="Queued", processing="Processing", completed="Complete", failed="Error")

class Account(BaseModel, extra="forbid"):
    api_key: str | None = None

class Open(BaseModel, extra="forbid"):
    token_limit: str = ""
    account: Account = Account()

@hookimpl
def declare_workflow():
    return Workflow(status=Page.status, states=WORDS, settings=Open)

@hookimpl
def process_item(item):
    try:
        return item.wish
    except Exception:
        return None
""",
    )
    code, found = findings(cli, "--plugin", "frank", "frank")
    problems = " ".join(each["problem"] for each in found["frank"])
    assert code == Exit.FOUND
    assert len(found["frank"]) == 2
    assert "account.api_key" in problems
    assert "process_item catches every exception in line 22" in problems
