import pytest
from sqlalchemy import column, select, table, text

from curation_core._cli.exits import Exit

CURATED = ["--plugin", "curated"]


@pytest.fixture
def desk(cli, database):
    """Pages with a person's decision in a native enum."""
    cli.setenv("CURATION_PLUGINS", "curated")

    async def add(connection):
        await connection.execute(text("CREATE TYPE curation AS ENUM ('New', 'Selected', 'Not a Fit')"))
        await connection.execute(text("ALTER TABLE page ADD COLUMN desk curation DEFAULT 'New'"))

    database.run(add)
    return database


def decisions(database):
    async def read(connection):
        asked = select(column("desk")).select_from(table("page")).order_by(column("id"))
        return list((await connection.execute(asked)).scalars())

    return database.run(read)


def test_a_decision_is_written_and_queues_the_rows_that_may_be(cli, desk):
    desk.pages("a", "b", status="Error")
    desk.pages("c", status="Complete", first=3)
    answer = cli("select", "curated", "1", "3", "--as", "Selected", *CURATED)
    assert (answer.code, answer.out) == (Exit.WELL, "2 rows marked 'Selected', 1 queued\n")
    assert desk.statuses() == ["Queued", "Error", "Complete"]
    assert decisions(desk) == ["Selected", "New", "Selected"]


def test_another_decision_takes_a_row_out_of_the_queue(cli, desk):
    desk.pages("a", "b")
    answer = cli("select", "curated", "1", "--as", "Not a Fit", *CURATED)
    assert answer.out == "1 row marked 'Not a Fit', 1 taken out of the queue\n"
    assert desk.statuses() == ["New", "Queued"]
    assert decisions(desk) == ["Not a Fit", "New"]


def test_a_dry_run_tells_and_changes_nothing(cli, desk):
    desk.pages("a", "b", status="Error")
    answer = cli("select", "curated", "1", "2", "--dry-run", *CURATED)
    assert answer.out == "2 rows would be marked 'Selected', 2 would be queued\n"
    assert (desk.statuses(), decisions(desk)) == (["Error", "Error"], ["New", "New"])


def test_an_unknown_word_is_an_error_with_the_one_that_was_meant(cli, desk):
    desk.pages("a", status="Error")
    answer = cli("select", "curated", "1", "--as", "selected", *CURATED)
    assert answer.code == Exit.USAGE
    assert "page.desk can't hold 'selected': the type curation knows 'New', 'Selected'" in answer.err
    assert "did you mean 'Selected'?" in answer.err
    assert (desk.statuses(), decisions(desk)) == (["Error"], ["New"])


def test_rows_that_are_missing_are_told(cli, desk):
    desk.pages("a", status="Complete")
    answer = cli("select", "curated", "1", "98", "99", *CURATED)
    assert (answer.code, answer.out) == (Exit.WELL, "1 row marked 'Selected', none queued\n")
    assert answer.err.endswith("Not there: 98, 99\n")


def test_a_workflow_without_a_selection_says_so(cli, database):
    answer = cli("select", "pages", "1", "--plugin", "pages")
    assert answer.code == Exit.USAGE
    assert "pages has no column for a person's decision" in answer.err


def test_a_column_that_is_called_otherwise_is_named_in_the_configuration(cli, desk):
    async def rename(connection):
        await connection.execute(text("ALTER TABLE page RENAME COLUMN desk TO wahl"))

    desk.pages("a", status="Error")
    desk.run(rename)
    answer = cli("select", "curated", "1", *CURATED)
    assert answer.code == Exit.USAGE
    assert "name the right one under [workflows.curated.table.columns]" in answer.err
    cli.configure('[workflows.curated.table]\ncolumns.desk = "wahl"\n')
    assert cli("select", "curated", "1", *CURATED).out == "1 row marked 'Selected', 1 queued\n"


@pytest.mark.parametrize("arguments", [[], ["one"], ["1,2"]])
def test_it_is_said_what_to_name(cli, arguments):
    answer = cli("select", "curated", *arguments, *CURATED)
    assert answer.code == Exit.USAGE
    assert "Traceback" not in answer.err
