import os
import signal
import subprocess
from contextlib import suppress
from time import monotonic, sleep

import pytest
from sqlalchemy import update
from sqlalchemy.sql import column, table

from curation_core._cli.exits import Exit

PAGES = ["--plugin", "pages"]
GUARD = 60  # seconds, against a test that hangs


def wait_for(condition):
    """Look until it is so."""
    end = monotonic() + GUARD
    while not (found := condition()):
        assert monotonic() < end, "it did not come to pass"
        sleep(0.02)
    return found


@pytest.fixture
def run(cli, database):
    """Starts ``curation run`` as a process, and ends it with the test."""
    processes = []

    def start(*arguments, **options):
        assert database.url
        process = cli.start("run", *PAGES, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()
    for pid in database.workers():  # of a test that failed: those of others end with the process above them
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


# -- until idle ---------------------------------------------------------------------------------------------------


def test_until_idle_it_works_what_is_queued_and_tells_what_it_did(cli, database):
    database.pages("do", "skip", "do")
    answer = cli("run", "--until-idle", *PAGES)
    assert answer.code == Exit.WELL
    assert [line.split() for line in answer.out.splitlines()] == [
        ["workflow", "done", "skipped", "failed", "other"],
        ["pages", "2", "1", "0", "0"],
    ]
    assert database.statuses() == ["Complete", "Filtered", "Complete"]


def test_with_nothing_queued_it_is_idle_at_once(cli, database):
    assert database.statuses() == []
    assert cli("run", "--until-idle", *PAGES).code == Exit.WELL


def test_items_that_failed_show_in_the_exit_code(cli, database):
    database.pages("do", "fail")
    assert cli("run", "--until-idle", *PAGES).code == Exit.FOUND
    assert database.statuses() == ["Complete", "Error"]


def test_only_the_named_workflows_run(cli, database, pair):
    database.pages("do")
    database.pairs(("eu", 1))
    cli("queue", "pairs", "--all", "--plugin", "pairs")
    answer = cli("run", "--until-idle", "--workflow", "pairs", "--plugin", "pairs", *PAGES)
    assert answer.code == Exit.WELL
    assert (database.statuses(), database.statuses(pair)) == (["Queued"], ["Complete"])


def test_a_workflow_that_does_not_fit_its_table_does_not_stop_the_others(cli, database):
    database.pages("do")
    answer = cli("run", "--until-idle", "--plugin", "unfit", *PAGES)
    assert answer.code == Exit.FOUND
    assert database.statuses() == ["Complete"]


def test_with_no_workflow_that_fits_it_ends(cli, database):
    assert database.url
    answer = cli("run", "--plugin", "unfit")
    assert answer.code == Exit.DATABASE
    assert "Error: unfit can't run: table lost does not exist" in answer.err


def test_with_every_workflow_disabled_it_says_so(cli):
    cli.configure("[workflows.pages]\nenabled = false")
    answer = cli("run", *PAGES)
    assert answer.code == Exit.PLUGINS
    assert "nothing to run: every workflow is disabled" in answer.err


def test_with_no_plugin_it_says_so(cli):
    answer = cli("run")
    assert answer.code == Exit.PLUGINS
    assert "nothing to run: no workflow is loaded" in answer.err


# -- until told to stop -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_gives_back_what_does_not_end_in_time(cli, database, run, number):
    cli.configure("[host]\ndrain_timeout = '10ms'\n")
    database.pages("hang")
    process = run()
    wait_for((cli.folder / "hangs-1").exists)
    process.send_signal(number)
    _, err = process.communicate(timeout=GUARD)
    assert process.returncode == 128 + number
    assert database.statuses() == ["Queued"]
    assert "Traceback" not in err


def test_a_second_signal_gives_everything_back_at_once(cli, database, run):
    cli.configure("[host]\ndrain_timeout = '1h'\n")
    database.pages("hang")
    process = run()
    wait_for((cli.folder / "hangs-1").exists)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=GUARD)
    assert process.returncode in {Exit.TERMINATED, Exit.INTERRUPTED}  # the kernel chooses which comes first
    assert database.statuses() == ["Queued"]


def test_a_row_that_is_queued_while_it_waits_is_worked_at_once(cli, database, run):
    cli.configure("[workflows.pages]\nevery = '1h'\n")
    database.pages("hang")
    database.pages("do", status="New", first=2)
    run()
    wait_for((cli.folder / "hangs-1").exists)
    cli("queue", "pages", "2", *PAGES)
    wait_for(lambda: database.statuses() == ["Processing", "Complete"])


# -- several processes --------------------------------------------------------------------------------------------


def test_several_processes_share_the_work_and_add_up_their_exit_codes(cli, database):
    database.pages("do", "fail", "do", "skip")
    answer = cli("run", "--processes", "2", "--until-idle", *PAGES)
    assert answer.code == Exit.FOUND
    assert database.statuses() == ["Complete", "Error", "Complete", "Filtered"]


def test_a_signal_reaches_every_process(cli, database, run):
    cli.configure("[host]\ndrain_timeout = '10ms'\n[workflows.pages]\nconcurrency = 1\nbatch_size = 1\n")
    database.pages("hang", "hang")
    parent = run("--processes", "2")
    for number in (1, 2):
        wait_for((cli.folder / f"hangs-{number}").exists)
    assert len(database.workers()) == 2
    parent.send_signal(signal.SIGTERM)
    parent.communicate(timeout=GUARD)
    assert parent.returncode == Exit.TERMINATED
    assert database.workers() == set()
    assert database.statuses() == ["Queued", "Queued"]


def test_a_process_that_dies_is_started_again(database, run):
    parent = run("--processes", "2")
    former = wait_for(lambda: len(pids := database.workers()) == 2 and pids)
    os.kill(min(former), signal.SIGKILL)
    wait_for(lambda: database.workers() - former)
    parent.send_signal(signal.SIGTERM)
    _, err = parent.communicate(timeout=GUARD)
    assert parent.returncode == Exit.TERMINATED
    assert "a process ended with signal SIGKILL; it is started again in 1 s" in err


def test_what_failed_in_a_process_that_died_is_not_forgotten_at_the_end(cli, database, run):
    cli.configure("[host]\nlost_after = '2s'\nsweep_every = '200ms'\n")
    database.pages("do", "die", "do")
    parent = run("--until-idle", "--processes", "2")
    parent.communicate(timeout=GUARD)
    assert parent.returncode == Exit.FOUND
    assert database.statuses()[1] == "Error"


def test_what_starting_again_does_not_mend_ends_all_of_them(database, run):
    version = table("alembic_version", column("version_num"), schema="curation")
    parent = run("--processes", "2")
    former = wait_for(lambda: len(pids := database.workers()) == 2 and pids)
    database.run(lambda connection: connection.execute(update(version).values(version_num="9999")))
    os.kill(min(former), signal.SIGKILL)
    parent.communicate(timeout=GUARD)
    assert parent.returncode == Exit.DATABASE


def test_the_processes_drain_when_the_one_above_them_is_killed(cli, database, run):
    cli.configure("[host]\ndrain_timeout = '10ms'\n")
    database.pages("hang")
    parent = run("--processes", "2")
    wait_for((cli.folder / "hangs-1").exists)
    parent.kill()
    wait_for(lambda: not database.workers())
    assert database.statuses() == ["Queued"]


def test_what_is_wrong_is_told_once_and_not_by_every_process(cli, empty_database_url):
    cli.setenv("CURATION_DATABASE_URL", empty_database_url)
    answer = cli("run", "--processes", "3", *PAGES)
    assert answer.code == Exit.DATABASE
    assert answer.err.count("run `curation db upgrade`") == 1


# -- a server of our own ------------------------------------------------------------------------------------------


def test_without_a_database_it_starts_its_own_and_says_so(cli, open_folder, monkeypatch):
    monkeypatch.chdir(open_folder)
    first = cli("db", "upgrade")
    assert first.code == Exit.WELL
    assert "No database is configured (CURATION_DATABASE_URL): using PostgreSQL" in first.err
    assert cli("db", "check").code == Exit.WELL
    assert (open_folder / ".curation" / "postgres").exists()
