"""The proof is of use only if it fails where it should: each finding is shown a history that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from lead_pipeline.businesses import Business
from lead_pipeline.history import Entry, History
from lead_pipeline.hosts import HostRun
from lead_pipeline.proof import Finding, judge_statuses, judge_workflow

START = datetime(2026, 1, 5, tzinfo=UTC)
FIRST, SECOND = uuid4(), uuid4()
HOSTS = [HostRun(pid=1, code=1), HostRun(pid=2, code=0)]
GOOD, NONE, BROKEN = uuid4(), uuid4(), uuid4()
ROWS = {
    GOOD: Business("Good", "joes.com", domain="joes.com"),
    NONE: Business("None", None, "skipped", "no_website"),
    BROKEN: Business("Broken", "tel:1", "failed", "not_web"),
}


def entry(key: UUID, outcome: str, reason: str = "", worker: UUID = FIRST) -> Entry:
    return Entry(key, worker, START, START + timedelta(seconds=2), outcome, reason)


RIGHT = [
    entry(GOOD, "retry", "try again"),
    entry(GOOD, "done", worker=SECOND),
    entry(NONE, "skipped", "no_website: the business has no website"),
    entry(BROKEN, "failed", "not_web: tel: is not a web address"),
]


def judged(entries: Sequence[Entry], hosts: Sequence[HostRun] = HOSTS) -> dict[str, Finding]:
    return {f.statement: f for f in judge_workflow(History("domain-extraction", entries), ROWS, hosts)}


def broken(entries: Sequence[Entry], hosts: Sequence[HostRun] = HOSTS) -> set[str]:
    return {statement for statement, finding in judged(entries, hosts).items() if not finding.holds}


def test_a_right_history_is_found_right() -> None:
    assert broken(RIGHT) == set()


def test_a_row_that_was_ended_twice_is_found() -> None:
    assert "every queued row was ended exactly once" in broken([*RIGHT, entry(GOOD, "done")])


def test_a_row_that_was_not_ended_is_found() -> None:
    assert "every queued row was ended exactly once" in broken(RIGHT[:-1])


def test_a_row_that_nobody_queued_is_found() -> None:
    assert "no other row was touched" in broken([*RIGHT, entry(uuid4(), "done")])


def test_a_row_that_ended_otherwise_is_found() -> None:
    assert "every row ended as it was made to" in broken([*RIGHT[:-1], entry(BROKEN, "done")])
    assert "every row ended as it was made to" in broken([*RIGHT[:-1], entry(BROKEN, "failed", "bad_port: no")])


def test_a_workflow_that_did_nothing_at_all_is_found() -> None:
    assert {"every queued row was ended exactly once", "every row ended as it was made to"} <= broken([])


def test_a_host_that_did_nothing_is_found() -> None:
    alone = [entry(e.key, e.outcome, e.reason) for e in RIGHT]
    assert broken(alone) == {"both hosts took part"}


def test_an_exit_code_that_hides_failures_is_found() -> None:
    silent = [HostRun(pid=1, code=0), HostRun(pid=2, code=0)]
    assert broken(RIGHT, silent) == {"the hosts' exit codes tell of failures"}


def test_a_status_that_says_otherwise_is_found() -> None:
    words = {"done": "Completed", "skipped": "Completed", "failed": "Error"}
    right = {("local_businesses", "Completed"): 2, ("local_businesses", "Error"): 1, ("pages", "Queued"): 9}
    stuck = right | {("local_businesses", "Processing"): 1}
    assert judge_statuses(right, "local_businesses", words, ROWS.values()).holds
    assert not judge_statuses(stuck, "local_businesses", words, ROWS.values()).holds


def test_the_speed_is_measured_from_the_first_claim_to_the_last_settle() -> None:
    history = History("domain-extraction", RIGHT)
    assert (history.seconds, history.shares) == (2.0, [2, 1])
