"""What `nox -s chaos` counts as lost, doubled or hanging is counted where it is there, and its figures can be bad."""

from dataclasses import replace

import pytest
from havoc import audit, measure, report
from havoc.audit import Counts
from havoc.faults import Struck
from havoc.luck import luck
from havoc.ours import LEDGER, Ours
from havoc.people import edit
from havoc.tables import STATES, WITHDRAWN, Effect, Page, Queueing, queue_new
from havoc.trial import Outcome, wait_of
from havoc.workflow import NAME
from sqlalchemy import delete, func, insert, select, update

SOUND = Counts(items=3, effects=3, lost=0, given_up=0, doubled=0, zombies=0, charged=0, overruled=0)
GOOD = Outcome(
    contestant="curation",
    fault="calm",
    counts=SOUND,
    calls=3,
    before=100,
    during=100,
    after=100,
    throughput_back=0,
    held_again=None,
    struck=0,
    held=0,
    ended=0,
    deaf=0,
    drained_in=4,
)


@pytest.fixture
async def done(database):
    """Three pages that were queued and worked as they should be."""
    await database.all(queue_new(3))
    await database.all(update(Page).values(status=STATES.completed))
    await database.all(insert(Effect).from_select(["queueing"], select(Page.queueing)))
    return database


async def test_what_was_done_once_is_sound(done):
    assert await audit.audit(Ours(), done) == SOUND
    assert await Ours().idle(done)


async def test_a_queueing_without_an_effect_is_lost_whatever_its_page_says(done):
    await done.all(delete(Effect).where(Effect.queueing == 2))
    assert await audit.audit(Ours(), done) == SOUND._replace(effects=2, lost=1)


ATTEMPT = {"workflow": NAME, "item": "[2]", "attempt": 1, "worker": func.gen_random_uuid(), "seconds": 0}
NOW = {"claimed_at": func.clock_timestamp(), "settled_at": func.clock_timestamp()}


async def test_a_page_that_failed_without_a_reason_is_lost(done):
    await done.all(delete(Effect).where(Effect.queueing == 2))
    await done.all(update(Page).where(Page.queueing == 2).values(status=STATES.failed))
    for token in (1, 2):
        await done.all(insert(LEDGER.attempt).values(token=token, outcome="lost", **ATTEMPT, **NOW))
    assert await audit.audit(Ours(), done) == SOUND._replace(effects=2, lost=1, charged=2)


async def test_a_page_that_was_lost_three_times_and_failed_for_it_was_given_up(done):
    await done.all(delete(Effect).where(Effect.queueing == 2))
    await done.all(update(Page).where(Page.queueing == 2).values(status=STATES.failed))
    for token in (1, 2, 3):
        await done.all(insert(LEDGER.attempt).values(token=token, outcome="lost", **ATTEMPT, **NOW))
    assert await audit.audit(Ours(), done) == SOUND._replace(effects=2, lost=1, given_up=1, charged=3)


async def test_a_page_that_is_gone_without_anybody_having_deleted_it_is_lost(done):
    await done.all(delete(Effect).where(Effect.queueing == 2))
    await done.all(delete(Page).where(Page.queueing == 2))
    assert await audit.audit(Ours(), done) == SOUND._replace(effects=2, lost=1)


async def test_each_effect_beyond_the_first_is_doubled(done):
    await done.all(insert(Effect).values([{"queueing": 2}, {"queueing": 2}, {"queueing": 3}]))
    assert await audit.audit(Ours(), done) == SOUND._replace(effects=6, doubled=3)


async def test_a_lost_one_and_a_doubled_one_do_not_cancel_out(done):
    await done.all(update(Effect).where(Effect.queueing == 2).values(queueing=3))
    assert await audit.audit(Ours(), done) == SOUND._replace(lost=1, doubled=1)


async def test_an_effect_of_a_queueing_that_a_person_ended_is_one_too_many(done):
    await done.all(update(Queueing).where(Queueing.id == 2).values(overruled=True))
    assert await audit.audit(Ours(), done) == SOUND._replace(items=2, doubled=1, overruled=1)


async def test_a_queueing_that_a_person_ended_needs_no_effect(done):
    await done.all(update(Queueing).where(Queueing.id == 2).values(overruled=True))
    await done.all(delete(Effect).where(Effect.queueing == 2))
    assert (await audit.audit(Ours(), done)).sound


async def test_a_page_left_in_processing_is_a_zombie(done):
    await done.all(update(Page).where(Page.queueing == 2).values(status=STATES.processing))
    assert await audit.audit(Ours(), done) == SOUND._replace(zombies=1)
    assert not await Ours().idle(done)


async def test_a_live_claim_on_a_page_that_nobody_works_is_a_zombie(done):
    values = {"token": 1, "queueing": 1, "worker": func.gen_random_uuid(), "attempt": 1, "claimed_at": func.now()}
    await done.all(insert(LEDGER.claim).values(workflow=NAME, item="[2]", **values))
    await done.all(insert(LEDGER.claim).values(workflow=NAME, item="[9]", **values))
    assert await audit.audit(Ours(), done) == SOUND._replace(zombies=2)
    assert not await Ours().idle(done)


async def test_attempts_that_counted_and_came_to_nothing_are_charged(done):
    for token, outcome in enumerate(["lost", "retry", "released", "overruled", "done"]):
        await done.all(insert(LEDGER.attempt).values(token=token, outcome=outcome, **ATTEMPT, **NOW))
    assert await audit.audit(Ours(), done) == SOUND._replace(charged=2)


async def test_whatever_people_do_to_rows_that_nobody_works_leaves_nothing_lost(done):
    await done.all(queue_new(40))
    for number in range(120):
        await edit(done, luck(number))
    left = {status for (status,) in await done.all(select(Page.status).distinct())}
    assert {STATES.queued, WITHDRAWN} <= left
    await done.all(insert(Effect).from_select(["queueing"], select(Page.queueing).where(Page.status == STATES.queued)))
    counts = await audit.audit(Ours(), done)
    assert counts.overruled > 10
    assert counts.sound, counts


async def test_what_a_host_held_is_waited_for_until_the_last_of_it_runs_again(done):
    made = {1: [9.0, 12.5, 15.0], 2: [9.9], 3: [14.0]}
    assert await wait_of(done, made, Struck(at=10.0, held={1, 2, 3})) == 4.0, "the second was done all the same"
    await done.all(delete(Effect).where(Effect.queueing == 2))
    assert await wait_of(done, made, Struck(at=10.0, held={1, 2, 3})) is None


def evenly(start, end, a_second):
    return [start + number / a_second for number in range(round((end - start) * a_second))]


def test_throughput_that_never_stopped_is_back_at_once():
    assert measure.recovered(evenly(0, 20, 100), 10, 20, before=100) == 0


def test_throughput_is_back_when_a_whole_window_has_enough():
    moments = evenly(0, 10, 100) + evenly(13, 20, 100)
    assert measure.rate(moments, 0, 10) == 100
    assert measure.recovered(moments, 10, 20, before=100) == pytest.approx(3 - measure.WINDOW * 0.05, abs=0.05)


def test_half_of_the_throughput_is_not_its_recovery():
    assert measure.recovered(evenly(0, 10, 100) + evenly(10, 40, 50), 10, 40, before=100) is None


def test_a_burst_of_what_was_kept_is_not_its_recovery():
    moments = evenly(0, 10, 100) + [10.5] * 100 + evenly(11, 40, 20)
    assert measure.recovered(moments, 10, 40, before=100) is None


@pytest.mark.parametrize("wrong", ["lost", "doubled", "zombies"])
def test_what_is_wrong_with_the_rows_is_named_and_fails(wrong):
    bad = replace(GOOD, counts=SOUND._replace(**{wrong: 2}))
    assert report.exit_code([GOOD, bad]) == 1
    assert list(report.misses([GOOD, bad])) == [f"calm: 2 {wrong}"]
    assert report.figures(bad)[wrong] == 2


@pytest.mark.parametrize(
    ("missed", "named"),
    [
        ({"after": 94}, "calm: throughput came back to 94% of before"),
        ({"throughput_back": None}, "calm: throughput came back to 100% of before"),
        ({"struck": 1, "held": 5, "held_again": 5.1}, "calm: what a host held ran again after 5.1 s"),
        ({"drained_in": 42}, "calm: what was queued was worked off only after 42.0 s"),
        ({"ended": 1}, "calm: 1 hosts ended by themselves"),
        ({"deaf": 1}, "calm: 1 hosts did not stop when they were told to"),
    ],
)
def test_a_target_that_is_missed_is_named(missed, named):
    assert list(report.misses([replace(GOOD, **missed)])) == [named]
    assert report.exit_code([replace(GOOD, **missed)]) == 0


def test_rows_that_were_given_up_are_lost_all_the_same():
    bad = replace(GOOD, counts=SOUND._replace(lost=1, given_up=1))
    assert report.exit_code([bad]) == 1
    assert "calm: 1 lost" in list(report.misses([bad]))


def test_what_a_host_held_and_nobody_ran_again_is_no_recovery():
    assert replace(GOOD, struck=1, held=5).recovered_in is None
    assert replace(GOOD, struck=1, held=5, held_again=4.0, throughput_back=1.0).recovered_in == 4.0


def test_nothing_is_missed_where_all_is_well():
    assert list(report.misses([GOOD])) == []
    assert report.exit_code([GOOD]) == 0


def test_the_table_has_a_line_for_each_outcome_and_its_columns_in_line():
    head, *lines = report.table([GOOD, replace(GOOD, fault="network_half_open", throughput_back=None)])
    assert [line.split()[0] for line in lines] == ["calm", "network_half_open"]
    assert {len(line) for line in (head, *lines)} == {len(head)}
