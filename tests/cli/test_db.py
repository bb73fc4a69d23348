import json

import pytest
from sqlalchemy import update
from sqlalchemy.sql import column, table

from curation_core._cli.exits import Exit
from curation_core.ledger import migrate


@pytest.fixture
def empty(cli, empty_database_url):
    cli.setenv("CURATION_DATABASE_URL", empty_database_url)
    return cli


def test_an_upgrade_makes_the_tables_once(empty):
    assert empty("db", "check").code == Exit.DATABASE
    first, second = empty("db", "upgrade"), empty("db", "upgrade")
    newest = migrate.newest()
    assert first.out == f"1 upgrade: the schema 'curation' was brought from nothing to revision {newest}\n"
    assert second.out == f"0 upgrades: the tables in schema 'curation' are at revision {newest} already\n"
    assert (first.code, second.code, empty("db", "check").code) == (0, 0, 0)


def test_a_dry_run_of_an_upgrade_changes_nothing(empty):
    answer = empty("db", "upgrade", "--dry-run")
    assert answer.code == Exit.WELL
    assert answer.out.startswith("1 upgrade: the schema 'curation' would be brought from nothing")
    assert empty("db", "check").code == Exit.DATABASE


def test_the_schema_can_be_chosen(empty):
    empty.configure("[database]\nschema = 'engine'\n")
    assert "schema 'engine'" in empty("db", "upgrade").out
    assert empty("db", "check", "--json").json == {"schema": "engine", "revision": migrate.newest()}
    assert "CREATE SCHEMA IF NOT EXISTS engine" in empty("db", "sql").out


def test_no_plugin_is_loaded_for_it_and_the_sections_of_workflows_are_left_alone(empty):
    empty.configure("[workflows.installed-elsewhere]\nbatch_size = 3\n")
    assert empty("db", "upgrade").code == Exit.WELL
    empty.configure("[databse]\nurl = ''\n")
    assert empty("db", "check").code == Exit.CONFIGURATION


def test_tables_of_a_newer_release_are_left_alone(cli, database):
    version = table("alembic_version", column("version_num"), schema="curation")
    database.run(lambda connection: connection.execute(update(version).values(version_num="9999")))
    for command in ("check", "upgrade"):
        answer = cli("db", command)
        assert answer.code == Exit.DATABASE
        assert "9999" in answer.err
        assert "Traceback" not in answer.err


def test_alembics_own_lines_are_not_logged(empty):
    assert [json.loads(line) for line in empty("db", "upgrade").err.splitlines()] == []
