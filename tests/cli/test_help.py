import subprocess
import sys

import click
import pytest

from curation_core._cli import curation
from curation_core._cli.exits import Exit


def commands(group=curation, above=()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*above, name))
        else:
            yield (*above, name), command


COMMANDS = dict(commands())
by_name = pytest.mark.parametrize("name", COMMANDS, ids=" ".join)


def test_every_command_is_there():
    assert {" ".join(name) for name in COMMANDS} == {
        "run", "workflows", "status", "queue", "select", "pause", "resume", "rescue", "sql",
        "db upgrade", "db check", "db sql", "new-plugin", "plugin check",
    }  # fmt: skip


@by_name
def test_the_help_of_a_command_shows_an_example_of_it(cli, name):
    answer = cli(*name, "--help")
    assert answer.code == 0
    assert "Example" in answer.out
    assert f"  curation {' '.join(name)}" in answer.out


@by_name
def test_every_option_says_what_it_does_and_its_default(name):
    options = [option for option in COMMANDS[name].params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.hidden and "default: " not in (option.help or "")] == []


@by_name
def test_a_command_that_reads_writes_json_and_one_that_changes_has_a_dry_run(name):
    flags = {flag for option in COMMANDS[name].params for flag in option.opts}
    reading = name in {("workflows",), ("status",), ("rescue",), ("db", "check"), ("plugin", "check")}
    changing = name in {
        ("queue",),
        ("select",),
        ("rescue",),
        ("pause",),
        ("resume",),
        ("db", "upgrade"),
        ("new-plugin",),
    }
    assert ("--json" in flags, "--dry-run" in flags) == (reading, changing)


def test_the_help_lists_every_exit_code(cli):
    listed = cli("--help").out.partition("Exit codes:")[2]
    assert [code for code in Exit if str(code.value) not in listed] == []


def test_the_short_option_for_help_works_everywhere(cli):
    assert cli("-h").out == cli("--help").out
    assert cli("db", "upgrade", "-h").out == cli("db", "upgrade", "--help").out


def test_the_version_can_be_asked_for(cli):
    assert cli("--version").out.startswith("curation 0.")


def test_the_help_imports_nothing_that_takes_long():
    code = "import sys; from curation_core.__main__ import main; sys.argv = ['curation', '--help']\ntry: main()\n"
    code += "finally: print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"asyncio", "rich", "pydantic", "sqlalchemy", "pluggy", "alembic", "asyncpg", "importlib_metadata", "json"}
    assert "click" in ran.stdout.split()
    assert heavy.isdisjoint(ran.stdout.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["run", "--nonsense"],
        ["queue"],
        ["db", "nonsense"],
        ["run", "--processes", "0"],
        ["pause", "x", "y"],
    ],
)
def test_wrong_usage_has_its_exit_code(cli, arguments):
    answer = cli(*arguments)
    assert answer.code == Exit.USAGE
    assert "Usage: curation" in answer.err
