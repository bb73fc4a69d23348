from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import insert

from curation_core._cli.exits import Exit
from curation_core.ledger import Ledger

PAGES = ["--plugin", "pages"]


def strand(database, *items):
    """Rows that a worker held which nobody has ever heard of."""
    claim = Ledger().claim
    held = [
        {"workflow": "pages", "item": item, "token": at, "queueing": at, "attempt": 1, "worker": UUID(int=1)}
        for at, item in enumerate(items, start=1)
    ]
    rows = [row | {"claimed_at": datetime(2026, 1, 1, tzinfo=UTC)} for row in held]
    database.run(lambda connection: connection.execute(insert(claim), rows))


def test_rows_of_dead_workers_are_taken_back(cli, database):
    database.pages("do", "do", status="Processing")
    strand(database, "[1]")
    assert cli("rescue", *PAGES, "--dry-run").out == "pages: 1 rows of dead workers would be taken back\n"
    assert database.statuses() == ["Processing", "Processing"]
    assert cli("rescue", *PAGES).out == "pages: 1 rows of dead workers taken back\n"
    assert database.statuses() == ["Error", "Processing"], "it had one attempt only, and the crash is charged"


def test_orphans_are_queued_on_demand(cli, database):
    database.pages("do", "do", "do", status="Processing")
    strand(database, "[2]")
    dry = cli("rescue", "pages", "--orphans", *PAGES, "--dry-run", "--json")
    assert dry.json == [{"workflow": "pages", "lost": 1, "orphans": 2}]
    assert database.statuses() == ["Processing"] * 3
    told = cli("rescue", "pages", "--orphans", *PAGES)
    assert told.out == "pages: 1 rows of dead workers taken back, 2 orphans queued\n"
    assert database.statuses() == ["Queued", "Error", "Queued"]
    assert cli("run", "--until-idle", *PAGES).code == Exit.WELL
    assert database.statuses() == ["Complete", "Error", "Complete"]


def test_a_workflow_that_is_not_loaded_is_named(cli, database):
    answer = cli("rescue", "paegs", *PAGES)
    assert answer.code == Exit.USAGE
    assert "did you mean 'pages'?" in answer.err


def test_nothing_of_a_living_worker_is_touched(cli, database):
    database.pages("hang")
    host = cli.start("run", *PAGES)
    try:
        while database.statuses() != ["Processing"]:
            assert host.poll() is None
        assert cli("rescue", "--orphans", *PAGES).out == "pages: 0 rows of dead workers taken back, 0 orphans queued\n"
        assert database.statuses() == ["Processing"]
    finally:
        host.kill()
        host.wait()
