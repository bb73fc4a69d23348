import json
import re
import signal
import subprocess

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.sql import column, table

from curation_core._cli.exits import Exit

PLUGINS = ["--plugin", "pages", "--plugin", "pairs"]


def test_rows_are_counted_by_role_and_by_word(cli, database):
    for first, status in enumerate(["Queued", "Queued", "Complete", "Filtered", "New", "Error"], start=1):
        database.pages("a", status=status, first=first)
    seen = cli("status", "--json", *PLUGINS).json
    pages, pairs = seen["workflows"]
    assert pages["roles"] == {"queued": 2, "processing": 0, "completed": 1, "failed": 1, "skipped": 1}
    assert pages["rows"] == {"Queued": 2, "Complete": 1, "Filtered": 1, "New": 1, "Error": 1}
    assert (pages["live"], pages["waiting"], pages["oldest"], pages["fault"]) == (0, 0, None, "")
    assert pairs["roles"] == {"queued": 0, "processing": 0, "completed": 0, "failed": 0}
    assert seen["workers"] == []


def test_a_person_sees_a_table(cli, database):
    database.pages("a", "b")
    cli("pause", "pages", "--reason", "quota", *PLUGINS)
    cli.setenv("CURATION_WORKFLOWS__PAIRS__ENABLED", "false")
    answer = cli("status", *PLUGINS)
    heading, pages, pairs, *rest = answer.out.splitlines()
    assert answer.code == Exit.WELL
    assert heading.split()[:3] == ["workflow", "queued", "processing"]
    assert pages.split()[:3] == ["pages", "2", "0"]
    assert pages.rstrip().endswith("quota")
    assert "until resumed" in pages
    assert pairs.rstrip().endswith("disabled")
    assert rest[-1] == "Nobody is at work: start a process with `curation run`."


def test_a_workflow_whose_table_does_not_fit_is_told_beside_the_others(cli, database):
    database.pages("a")
    answer = cli("status", "--plugin", "pages", "--plugin", "unfit")
    assert answer.code == Exit.WELL
    assert "unfit can't run: table lost does not exist" in answer.out
    assert answer.out.splitlines()[1].startswith("pages")
    asked = cli("queue", "unfit", "1", "--plugin", "unfit")
    assert asked.code == Exit.DATABASE
    assert "table lost does not exist" in asked.err


def test_watching_looks_again_until_ctrl_c(cli, database):
    database.pages("a")
    watch = cli.start("status", "--watch", "--json", *PLUGINS, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with watch as process:
        assert process.stdout is not None
        looks = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert looks[0]["workflows"][0]["roles"]["queued"] == 1
    assert looks[0]["workflows"] == looks[1]["workflows"]
    assert (process.returncode, err) == (Exit.INTERRUPTED, "")


SESSIONS = table("pg_stat_activity", column("pid"), column("datname"), column("application_name"))
OURS = (SESSIONS.c.datname == func.current_database()) & (SESSIONS.c.application_name == "curation")
CUT = select(func.pg_terminate_backend(SESSIONS.c.pid)).where(OURS)


@pytest.fixture
def watch(cli, database):
    """A command that watches, and has shown how things stand once."""
    assert database.url
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with cli.start("status", "--watch", "--json", *PLUGINS, **pipes) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_a_watch_goes_on_when_its_connection_is_cut(database, watch):
    database.run(lambda connection: connection.execute(CUT))
    assert json.loads(watch.stdout.readline())
    assert watch.poll() is None


def test_a_database_that_goes_away_while_watching_ends_it(database, watch):
    databases = table("pg_database", column("datname"), column("datallowconn"))

    async def close(connection):
        here = databases.c.datname == func.current_database()
        await connection.execute(update(databases).where(here).values(datallowconn=False))
        await connection.execute(CUT)

    database.run(close)
    _, err = watch.communicate(timeout=60)
    assert watch.returncode == Exit.DATABASE
    assert re.search(r"Error: .*not currently accepting connections", err)


def test_a_schema_that_was_never_made_ends_it(cli, database):
    cli.configure("[database]\nschema = 'elsewhere'\n")
    answer = cli("status", *PLUGINS)
    assert database.url
    assert answer.code == Exit.DATABASE
    assert "the schema 'elsewhere' has no engine tables yet" in answer.err
