import re

import pytest

from curation_core._cli.exits import Exit

PAGES = ["--plugin", "pages"]


@pytest.fixture
def paused(cli, database):
    """What ``status`` says of the pause."""

    def look():
        assert database.url
        (workflow,) = cli("status", "--json", *PAGES).json["workflows"]
        return workflow["paused_until"], workflow["paused_by"], workflow["reason"]

    return look


def test_a_workflow_is_paused_for_a_time_with_the_reason_and_by_whom(cli, paused):
    answer = cli("pause", "pages", "--for", "1h", "--reason", "quota", *PAGES)
    until, by, reason = paused()
    assert (answer.code, answer.out) == (Exit.WELL, "1 workflow paused for 1h\n")
    assert re.match(r"20\d\d-", until)
    assert "@" in by
    assert reason == "quota"


def test_a_workflow_is_paused_until_it_is_resumed(cli, paused):
    assert cli("pause", "pages", *PAGES).out == "1 workflow paused until it is resumed\n"
    assert paused()[0] == "infinity"
    assert cli("resume", "pages", *PAGES).out == "1 workflow resumed\n"
    assert paused()[0] == ""
    answer = cli("resume", "pages", *PAGES)
    assert (answer.code, answer.out) == (Exit.WELL, "0 workflows resumed: pages is not paused\n")


def test_dry_runs_change_nothing(cli, paused):
    assert cli("pause", "pages", "--dry-run", "--for", "90s", *PAGES).out == "1 workflow would be paused for 1m 30s\n"
    assert paused()[0] == ""
    assert cli("resume", "pages", "--dry-run", *PAGES).out == "0 workflows resumed: pages is not paused\n"
    cli("pause", "pages", *PAGES)
    assert cli("resume", "pages", "--dry-run", *PAGES).out == "1 workflow would be resumed\n"
    assert paused()[0] == "infinity"


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_a_workflow_that_is_not_loaded_is_neither_paused_nor_resumed(cli, command):
    answer = cli(command, "pags", *PAGES)
    assert answer.code == Exit.USAGE
    assert "did you mean 'pages'?" in answer.err


@pytest.mark.parametrize("duration", ["soon", "0s", "-5m", "999999999999d"])
def test_a_pause_takes_a_duration(cli, duration):
    answer = cli("pause", "pages", "--for", duration, *PAGES)
    assert answer.code == Exit.USAGE
    assert "Invalid value for '--for'" in answer.err
