"""How fast one process calls, by a clock that the test moves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from curation_deep_scan.pace import SLOWEST, Pace
from curation_deep_scan.pacific import until_midnight


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_calls_leave_with_their_gap_between_them(clock):
    pace = Pace(60, clock)
    assert [pace.take() for _ in range(3)] == [0, 1, 2]
    clock.now += 10
    assert pace.take() == 0


def test_a_turn_that_is_too_far_away_is_not_taken(clock):
    pace = Pace(1, clock)
    assert pace.take() == 0
    assert [pace.take() for _ in range(3)] == [60, 60, 60]


def test_after_a_slowdown_no_call_leaves_for_a_time_and_then_half_as_many(clock):
    pace = Pace(60, clock)
    pace.slow_down(30)
    assert pace.take() == 30
    clock.now += 30
    assert [pace.take() for _ in range(3)] == [0, 2, 4]


def test_a_second_slowdown_does_not_shorten_the_first(clock):
    pace = Pace(60, clock)
    pace.slow_down(60)
    pace.slow_down(5)
    assert pace.take() == 60


def test_it_slows_down_no_further_than_to_a_bound_and_recovers_by_answers(clock):
    pace = Pace(60, clock)
    for _ in range(20):
        pace.slow_down(1)
    assert pace.slowness == SLOWEST
    for _ in range(100):
        pace.recover()
    assert pace.slowness == 1


async def test_a_call_that_waits_for_its_turn_when_google_says_stop_does_not_leave():
    pace = Pace(600, longest_wait=0.2)  # a tenth of a second between two
    assert await pace.turn() == 0
    waiting = asyncio.create_task(pace.turn())
    await asyncio.sleep(0)
    pace.slow_down(60)
    assert 50 < await waiting < 60


async def test_a_call_whose_turn_is_too_far_away_holds_its_place_for_as_long_as_a_call_waits():
    pace = Pace(600, longest_wait=0.2)
    pace.slow_down(60)
    clock = asyncio.get_running_loop().time
    began = clock()
    assert 59 < await pace.turn() < 60
    assert clock() - began >= 0.2


def pacific(text):
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("2026-07-01T00:00:00-07:00", timedelta(hours=24)),
        ("2026-07-01T23:59:59-07:00", timedelta(seconds=1)),
        ("2026-01-01T12:00:00-08:00", timedelta(hours=12)),
        ("2026-03-08T00:00:00-08:00", timedelta(hours=23)),  # summer time begins
        ("2026-11-01T00:00:00-07:00", timedelta(hours=25)),  # and ends
        ("2026-11-01T23:00:00-08:00", timedelta(hours=1)),
    ],
)
def test_a_pause_until_midnight_pacific_time_knows_of_summer_time(now, left):
    assert until_midnight(pacific(now)) == left
