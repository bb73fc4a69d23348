"""A plugin on tables that are called otherwise than it calls them, and with one that it brings along."""

import subprocess

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, Text, func, insert, select, table
from sqlalchemy.schema import CreateSchema

from curation_core._cli.exits import Exit
from curation_core.ledger import Ledger

ATTEMPT = Ledger().attempt

METADATA = MetaData()
GUESTS = Table(
    "order",
    METADATA,
    Column("nr", Integer, primary_key=True),
    Column("Wie er heißt", Text, nullable=False),
    Column("wahl", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("stand", Text, nullable=False),
    Column("fehler", String(40)),
    schema="Gäste",
)
LETTERS = Table("briefe", METADATA, Column("gast", Integer, primary_key=True), Column("body", Text, nullable=False))
STAMPS = table("briefmarken")
INVITED = [("Ada", "Selected", 0), ("Bob", "New", 0), ("Cyd", "Selected", 1)]
NAMES = """
[workflows.guests.table]
name = "order"
schema = "Gäste"
columns.id = "nr"
columns.name = "Wie er heißt"
columns.choice = "wahl"
columns.status = "stand"
columns.error = "fehler"

[workflows.guests.tables.letters]
name = "briefe"
columns.guest_id = "gast"

[workflows.guests.tables.guest_stamps]
name = "briefmarken"
"""


@pytest.fixture
def adopted(cli, database):
    """Runs a command on a database whose tables have names of their own."""

    async def make(connection):
        await connection.execute(CreateSchema("Gäste"))
        await connection.run_sync(METADATA.create_all)
        rows = [
            {"nr": nr, "Wie er heißt": name, "wahl": choice, "rank": rank, "stand": "Queued"}
            for nr, (name, choice, rank) in enumerate(INVITED, start=1)
        ]
        await connection.execute(insert(GUESTS), rows)

    database.run(make)
    cli.setenv("CURATION_PLUGINS", "guests")
    cli.configure(NAMES)

    def command(*arguments):
        process = cli.start(*arguments, "--plugin", "guests", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    return command


def rows(database, statement):
    async def read(connection):
        return [tuple(row) for row in await connection.execute(statement)]

    return database.run(read)


def test_rows_are_worked_under_the_names_that_they_have_here(adopted, database):
    assert adopted("db", "upgrade")[0] == Exit.WELL
    code, out, err = adopted("run", "--until-idle")
    assert code == Exit.WELL, err
    assert rows(database, select(GUESTS.c.nr, GUESTS.c.stand, GUESTS.c.fehler).order_by(GUESTS.c.nr)) == [
        (1, "Complete", None),
        (2, "Queued", None),
        (3, "Complete", None),
    ]
    assert rows(database, select(LETTERS).order_by(LETTERS.c.gast)) == [(1, "Ada of 3"), (3, "Cyd of 3")]
    assert rows(database, select(func.count()).select_from(STAMPS)) == [(2,)]
    assert rows(database, select(ATTEMPT.c.item).order_by(ATTEMPT.c.token)) == [("[3]",), ("[1]",)], out


def test_a_table_that_a_plugin_brings_along_is_made_by_the_upgrade_alone(adopted, database):
    assert adopted("db", "upgrade", "--dry-run")[1].endswith("1 tables of plugins would be made: briefmarken\n")
    code, _, err = adopted("run", "--until-idle")
    assert code == Exit.DATABASE
    assert "its own tables are missing: briefmarken: run `curation db upgrade`" in err
    code, _, err = adopted("db", "check")
    assert (code, "briefmarken" in err) == (Exit.DATABASE, True)
    assert "CREATE TABLE briefmarken" in adopted("db", "sql")[1]
    assert adopted("db", "upgrade")[1].endswith("1 tables of plugins made: briefmarken\n")
    assert adopted("db", "upgrade")[1].endswith("0 tables of plugins made\n")
    assert adopted("db", "check")[0] == Exit.WELL
    assert rows(database, select(func.count()).select_from(LETTERS)) == [(0,)]


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ('columns.name = "Wie er heißt"', 'columns.name = "wie er heist"', "has no column 'wie er heist'"),
        ('name = "briefe"', 'name = "brife"', "table brife does not exist"),
        ('columns.guest_id = "gast"', 'columns.guest_id = "gats"', "no column 'gats'; did you mean 'gast'?"),
    ],
)
def test_a_name_that_the_database_does_not_have_is_told_at_start(adopted, cli, was, becomes, complaint):
    assert adopted("db", "upgrade")[0] == Exit.WELL
    cli.configure(NAMES.replace(was, becomes))
    code, _, err = adopted("run", "--until-idle")
    assert code == Exit.DATABASE
    assert complaint in err


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('[workflows.guests.table]\ncolumns.nmae = "x"', "did you mean 'name'?"),
        ('[workflows.guests.tables.lettres]\nname = "x"', "did you mean 'letters'?"),
        ("[workflows.guests.table]\nname = 3", "should be a valid string"),
        ('[workflows.guests.table]\nname = ""', "at least 1 character"),
        ('[workflows.guests.table]\ntable = "x"', "unknown key"),
    ],
)
def test_a_key_that_names_nothing_of_the_plugins_is_an_error_of_the_configuration(adopted, cli, line, complaint):
    cli.configure(line)
    code, _, err = adopted("run", "--until-idle")
    assert code == Exit.CONFIGURATION
    assert complaint in err


def test_the_environment_can_name_a_table_too(adopted, cli):
    cli.setenv("CURATION_WORKFLOWS__GUESTS__TABLES__GUEST_STAMPS__NAME", "marken")
    assert adopted("db", "upgrade", "--dry-run")[1].endswith("would be made: marken\n")
