import subprocess

from curation_core import errors
from curation_core._cli.exits import Exit, exit_for
from curation_core.errors import CurationError


def test_the_codes_are_those_that_others_script_against():
    assert {code.name: code.value for code in Exit} == {
        "WELL": 0,
        "FOUND": 1,
        "USAGE": 2,
        "CONFIGURATION": 3,
        "PLUGINS": 4,
        "DATABASE": 5,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    }


def test_every_error_has_a_code_of_its_own_choosing():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CurationError)]
    silent = [kind for kind in kinds if exit_for(kind.__new__(kind)) is Exit.FOUND]
    assert silent == [CurationError, errors.ChildDied, errors.NotSendable], "an item's reasons end no command"


def test_a_kind_of_an_error_has_the_errors_code():
    class Special(errors.LedgerError):
        pass

    assert exit_for(Special()) is Exit.DATABASE


def test_a_wrong_configuration_is_told_all_at_once_without_a_traceback(cli):
    cli.configure("[log]\nlevle = 'info'\n[workflows.pags]\n")
    answer = cli("workflows", "--plugin", "pages")
    assert answer.code == Exit.CONFIGURATION
    assert answer.err.startswith("Error: 2 configuration errors:\n")
    assert "Traceback" not in answer.err


def test_a_password_on_the_command_line_is_refused_and_not_repeated(cli):
    answer = cli("db", "check", "--database", "postgresql://me:secret@nowhere/x")
    assert answer.code == Exit.CONFIGURATION
    assert "set CURATION_DATABASE_URL instead" in answer.err
    assert "secret" not in answer.err


def test_an_unknown_workflow_is_wrong_usage(cli):
    answer = cli("run", "--plugin", "pages", "--workflow", "pags")
    assert answer.code == Exit.USAGE
    assert "no workflow 'pags'; did you mean 'pages'?" in answer.err


def test_a_plugin_that_was_named_must_load(cli):
    answer = cli("workflows", "--plugin", "nowhere.to.be.found")
    assert answer.code == Exit.PLUGINS
    assert answer.err.endswith(
        "remedy: correct the reference nowhere.to.be.found, or put its folder on the path of Python\n"
    )


def test_strict_refuses_to_go_on_with_a_wrong_plugin(cli):
    cli.setenv("CURATION_PLUGINS", "nowhere")
    assert cli("workflows").code == Exit.WELL
    answer = cli("workflows", "--strict")
    assert answer.code == Exit.PLUGINS
    assert "plugins are refused:\nnowhere = " in answer.err


def test_a_database_that_is_away_has_its_code(cli):
    answer = cli("db", "check", "--database", "postgresql://me@127.0.0.1:1/leads")
    assert answer.code == Exit.DATABASE
    assert "Error: can't reach the database postgresql" in answer.err


def test_a_database_without_the_engines_tables_has_the_same(cli, empty_database_url):
    cli.setenv("CURATION_DATABASE_URL", empty_database_url)
    answer = cli("run", "--plugin", "pages")
    assert answer.code == Exit.DATABASE
    assert "run `curation db upgrade`" in answer.err


def test_it_runs_as_a_process_too(cli):
    with cli.start("db", "sql", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out.startswith("BEGIN;")
