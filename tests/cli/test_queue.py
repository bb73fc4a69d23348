import pytest

from curation_core._cli.exits import Exit

PLUGINS = ["--plugin", "pages", "--plugin", "pairs"]


def test_rows_are_queued_by_their_keys(cli, database):
    database.pages("a", "b", "c", status="New")
    answer = cli("queue", "pages", "1", "[3]", *PLUGINS)
    assert (answer.code, answer.out) == (Exit.WELL, "2 rows queued\n")
    assert database.statuses() == ["Queued", "New", "Queued"]


def test_a_key_of_two_columns_can_be_written_in_two_ways(cli, database, pair):
    database.pairs(("eu", 7), ("eu", 8), ("us,ca", 9))
    answer = cli("queue", "pairs", "eu,8", '["us,ca", 9]', *PLUGINS)
    assert (answer.code, answer.out) == (Exit.WELL, "2 rows queued\n")
    assert database.statuses(pair) == ["New", "Queued", "Queued"]


def test_a_dry_run_counts_and_changes_nothing(cli, database):
    database.pages("a", "b", status="New")
    answer = cli("queue", "pages", "--all", "--dry-run", *PLUGINS)
    assert (answer.code, answer.out) == (Exit.WELL, "2 rows would be queued\n")
    assert database.statuses() == ["New", "New"]


def test_all_takes_what_was_never_worked_or_has_failed(cli, database):
    for first, status in enumerate(["New", "Error", "Complete", "Filtered", "Queued", "Processing"], start=1):
        database.pages("a", status=status, first=first)
    assert cli("queue", "pages", "--all", *PLUGINS).out == "2 rows queued\n"
    assert database.statuses() == ["Queued", "Queued", "Complete", "Filtered", "Queued", "Processing"]


def test_rows_that_are_not_queued_are_told(cli, database):
    database.pages("a", status="Complete")
    database.pages("b", status="Processing", first=2)
    answer = cli("queue", "pages", "1", "2", "99", *PLUGINS)
    assert (answer.code, answer.out) == (Exit.WELL, "1 of 3 rows queued\n")
    assert answer.err.endswith("The others are not there, or are queued or being processed already: 2, 99\n")
    assert cli("queue", "pages", "2", *PLUGINS).out == "0 of 1 rows queued\n"


def test_a_key_that_is_named_twice_counts_once(cli, database):
    database.pages("a", status="New")
    assert cli("queue", "pages", "1", "1", "[1]", *PLUGINS).out == "1 row queued\n"


@pytest.mark.parametrize("arguments", [[], ["1", "--all"], ["one"], ["1,2"]])
def test_it_is_said_what_to_name(cli, arguments):
    answer = cli("queue", "pages", *arguments, *PLUGINS)
    assert answer.code == Exit.USAGE
    assert "Traceback" not in answer.err


def test_a_value_that_the_database_refuses_is_an_error_without_a_traceback(cli, database):
    database.pages("a")
    answer = cli("queue", "pages", "99999999999999999999", *PLUGINS)
    assert answer.code == Exit.DATABASE
    assert "Error: " in answer.err
    assert "Traceback" not in answer.err
