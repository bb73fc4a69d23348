"""The proof is of use only if it fails where it should: each statement is shown a run that is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lead_pipeline.accident import Accident, judge_accident, judge_hosts
from lead_pipeline.fates import Fate
from lead_pipeline.finding import Finding, compare
from lead_pipeline.history import Entry, History
from lead_pipeline.outside import judge_outside
from lead_pipeline.proof import judge_workflow
from lead_pipeline.stored import Stored, judge_statuses, judge_stored
from lead_pipeline.truth import Truth

START = datetime(2026, 1, 5, tzinfo=UTC)
FIRST, SECOND, THIRD = uuid4(), uuid4(), uuid4()
WORKERS = {FIRST: 101, SECOND: 102, THIRD: 103}
CODES = {101: -9, 102: 143, 103: 143}
FATES = {"good": Fate(), "none": Fate("skipped", "no_website"), "broken": Fate("failed", "not_web")}
NAMES = {"1": "good", "2": "none", "3": "broken"}


def entry(key: str, outcome: str, reason: str = "", worker: UUID = SECOND, second: int = 0) -> Entry:
    claimed = START + timedelta(seconds=second)
    return Entry(key, worker, claimed, claimed + timedelta(seconds=2), outcome, reason)


RIGHT = [
    entry("1", "lost", "its worker died", FIRST),
    entry("1", "retry", "try again", second=3),
    entry("1", "done", second=6),
    entry("2", "skipped", "no_website: the business has no website", THIRD),
    entry("3", "failed", "gave up after 3 attempts: not_web: tel: is not a web address"),
]
ACCIDENT = Accident(101, frozenset([("deep-scan", "1")]))


def wrong(findings: Iterable[Finding]) -> set[str]:
    return {finding.statement for finding in findings if not finding.holds}


# -- one workflow ---------------------------------------------------------------------------------------------------


def workflow(entries: Sequence[Entry]) -> set[str]:
    return wrong(judge_workflow(History("deep-scan", entries), FATES, NAMES))


def test_a_right_history_is_found_right() -> None:
    assert workflow(RIGHT) == set()


def test_a_row_that_was_ended_twice_is_found() -> None:
    assert "every queued row ended exactly once" in workflow([*RIGHT, entry("1", "done", second=9)])


def test_a_row_that_was_not_ended_is_found() -> None:
    assert workflow(RIGHT[:-1]) == {"every queued row ended exactly once", "every row ended as it was made to"}


def test_a_row_that_nobody_queued_is_found() -> None:
    assert workflow([*RIGHT, entry("4", "done")]) == {"no other row was touched"}


@pytest.mark.parametrize("ending", [entry("3", "done"), entry("3", "failed", "bad_port: no"), entry("3", "lost")])
def test_a_row_that_ended_otherwise_is_found(ending: Entry) -> None:
    assert "every row ended as it was made to" in workflow([*RIGHT[:-1], ending])


def test_a_workflow_that_did_nothing_at_all_is_found() -> None:
    assert {"every queued row ended exactly once", "every row ended as it was made to"} <= workflow([])


@pytest.mark.parametrize("outcome", ["retry", "lost"])
def test_a_row_that_ran_on_after_its_end_is_found(outcome: str) -> None:
    assert workflow([*RIGHT, entry("1", outcome, second=9)]) == {"nothing ran again that was not to"}


@pytest.mark.parametrize("outcome", ["released", "overruled", "paused"])
def test_a_row_that_was_given_back_unasked_is_found(outcome: str) -> None:
    assert workflow([entry("2", outcome), *RIGHT]) == {"nothing ran again that was not to"}


# -- the accident, and the hosts ------------------------------------------------------------------------------------


def accident(seen: Accident | None, entries: Sequence[Entry] = RIGHT) -> set[str]:
    return wrong(judge_accident(seen, [History("deep-scan", entries)], WORKERS))


def test_an_accident_that_was_made_good_is_found_so() -> None:
    assert accident(ACCIDENT) == set()


def test_a_run_without_an_accident_is_found() -> None:
    assert "one host was killed while it held rows" in accident(None)
    assert "one host was killed while it held rows" in accident(replace(ACCIDENT, held=frozenset()))


def test_a_row_that_was_never_given_up_is_found() -> None:
    assert "those rows were given up as lost, and no others" in accident(ACCIDENT, RIGHT[1:])


@pytest.mark.parametrize("again", ["1", "2"])
def test_a_row_that_was_given_up_without_a_death_is_found(again: str) -> None:
    assert "those rows were given up as lost, and no others" in accident(ACCIDENT, [*RIGHT, entry(again, "lost")])


def test_a_row_that_nobody_took_over_is_found() -> None:
    by_the_dead = [replace(each, worker=FIRST) for each in RIGHT]
    assert accident(ACCIDENT, by_the_dead) == {"the other hosts ended each of them"}
    assert accident(ACCIDENT, RIGHT[:2]) == {"the other hosts ended each of them"}


def hosts(entries: Sequence[Entry], codes: Mapping[int, int]) -> set[str]:
    return wrong(judge_hosts([History("deep-scan", entries)], WORKERS, codes))


ALL_TOOK_PART = [*RIGHT, entry("9", "done", worker=FIRST)]


def test_a_host_that_did_nothing_is_found() -> None:
    assert hosts(ALL_TOOK_PART, CODES) == set()
    assert hosts(RIGHT, CODES) == {"every host took part"}


@pytest.mark.parametrize("code", [0, 1, -9, -11])
def test_a_host_that_did_not_stop_cleanly_is_found(code: int) -> None:
    assert hosts(ALL_TOOK_PART, {**CODES, 103: code}) == {"the others stopped cleanly when asked to"}


# -- the tables -----------------------------------------------------------------------------------------------------

SITE, MAP, PAGE = "joes.example.com", "http://joes.example.com/sitemap.xml", "http://joes.example.com/contact"
TRUTH = Truth(
    places={"p1": Fate(), "p2": Fate("failed", "place_gone")},
    businesses={"p1": Fate()},
    websites={"p1": SITE},
    domains={SITE: Fate()},
    sitemaps={MAP: Fate()},
    visits={PAGE: Fate()},
    pages=frozenset([PAGE, "http://joes.example.com/price.pdf", "http://joes.example.com/"]),
    filtered=frozenset(["http://joes.example.com/price.pdf"]),
    contacts=frozenset([(SITE, "info@joes.example.com")]),
    phones=frozenset([(PAGE, "+15125550100")]),
    once=frozenset([MAP]),
)
NAMED = {
    "deep-scan": {"1": "p1", "2": "p2"},
    "domain-extraction": {"b": "p1"},
    "sitemap-discovery": {"d": SITE},
    "sitemap-import": {"s": MAP},
    "page-curation": {"x": PAGE, "y": "http://joes.example.com/price.pdf", "z": "http://joes.example.com/"},
}
STORED = Stored(NAMED, [(SITE, "p1")], [(SITE, "info@joes.example.com")], [(PAGE, "+15125550100")], 0, 3)


def test_tables_that_are_right_are_found_right() -> None:
    assert wrong(judge_stored(STORED, TRUTH)) == set()


@pytest.mark.parametrize(
    ("workflow", "statement"),
    [
        ("domain-extraction", "each place that can be had is one business"),
        ("sitemap-discovery", "each website is one domain"),
        ("sitemap-import", "each sitemap that can be found is one row"),
        ("page-curation", "each page of each sitemap is one row"),
    ],
)
def test_a_row_that_is_lost_or_double_or_strange_is_found(workflow: str, statement: str) -> None:
    rows = NAMED[workflow]
    key, name = next(iter(rows.items()))
    lost = {other: each for other, each in rows.items() if other != key}
    for changed in (lost, {**rows, "again": name}, {**rows, "new": "a stranger"}):
        stored = replace(STORED, names={**NAMED, workflow: changed})
        assert wrong(judge_stored(stored, TRUTH)) == {statement}


def test_a_domain_of_the_wrong_business_is_found() -> None:
    stored = replace(STORED, domains=[(SITE, "p2")])
    assert wrong(judge_stored(stored, TRUTH)) == {"each domain leads back to a business that has it"}


@pytest.mark.parametrize(
    ("what", "statement"),
    [("contacts", "each address on a page is one contact"), ("phones", "each number that stands alone is kept")],
)
def test_a_contact_that_is_lost_or_double_or_strange_is_found(what: str, statement: str) -> None:
    (pair,) = getattr(STORED, what)
    for changed in ([], [pair, pair], [pair, (SITE, "joe@example.net")]):
        assert wrong(judge_stored(replace(STORED, **{what: changed}), TRUTH)) == {statement}


def test_a_row_that_is_held_for_ever_is_found() -> None:
    assert wrong(judge_stored(replace(STORED, claims=1), TRUTH)) == {"nobody holds a row any more"}


RIGHT_WORDS = {
    "places_staging": {"Completed": 1, "Error": 1},
    "local_businesses": {"Completed": 1},
    "domains": {"submitted": 1},
    "sitemap_files": {"Complete": 1},
    "pages": {"Complete": 2, "Filtered": 1},
}


def test_words_that_are_right_are_found_right() -> None:
    assert wrong(judge_statuses(RIGHT_WORDS, TRUTH)) == set()


@pytest.mark.parametrize("table", RIGHT_WORDS)
def test_a_word_that_says_otherwise_is_found(table: str) -> None:
    stuck = {**RIGHT_WORDS, table: {**RIGHT_WORDS[table], "Processing": 1}}
    assert wrong(judge_statuses(stuck, TRUTH)) == {f"the words in {table} say so"}


# -- those who were asked -------------------------------------------------------------------------------------------


SCANS = [entry("1", "retry"), entry("1", "done"), entry("2", "failed", "place_gone")]
IMPORTS = [entry("s", "lost", worker=FIRST), entry("s", "done")]


def outside(calls: Mapping[str, int], requests: Mapping[str, int], counted: int = 3) -> set[str]:
    histories = [History("deep-scan", SCANS), History("sitemap-import", IMPORTS)]
    return wrong(judge_outside(histories, replace(STORED, calls=counted), TRUTH, calls, requests))


@pytest.mark.parametrize("fetched", [1, 2])
def test_what_was_asked_once_an_attempt_is_found_right_and_a_lost_one_may_have_asked_or_not(fetched: int) -> None:
    assert outside({"p1": 2, "p2": 1}, {MAP: fetched}) == set()


@pytest.mark.parametrize("calls", [{"p1": 3, "p2": 0}, {"p1": 1, "p2": 2}])
def test_a_place_that_was_paid_for_twice_or_not_at_all_is_found(calls: Mapping[str, int]) -> None:
    assert outside(calls, {MAP: 1}) == {"each place was paid for once an attempt"}


@pytest.mark.parametrize("counted", [2, 4])
def test_a_call_that_was_not_counted_is_found(counted: int) -> None:
    assert outside({"p1": 2, "p2": 1}, {MAP: 1}, counted) == {"each call was counted"}


@pytest.mark.parametrize("fetched", [0, 3])
def test_a_sitemap_that_was_fetched_behind_the_history_s_back_is_found(fetched: int) -> None:
    assert outside({"p1": 2, "p2": 1}, {MAP: fetched}) == {"each sound sitemap was fetched once an attempt"}


def test_of_many_differences_a_few_are_named() -> None:
    finding = compare("all are there", ["a", "x"], ["a", "b", "c", "d"])
    assert finding.evidence == "missing: b; missing: c; missing: d; and 1 more"


def test_the_speed_is_measured_from_the_first_claim_to_the_last_settle() -> None:
    history = History("deep-scan", RIGHT)
    assert (history.seconds, history.shares(WORKERS)) == (8.0, {102: 2, 103: 1})
