from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_core._backoff import JITTER, backoff_delay

WAITS = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))
waits = st.lists(st.timedeltas(timedelta(0), timedelta(days=30)), min_size=1, max_size=5)
attempts = st.integers(1, 1000)


@pytest.mark.parametrize(
    ("attempt", "wait"), [(1, WAITS[0]), (2, WAITS[1]), (3, WAITS[2]), (4, WAITS[2]), (99, WAITS[2])]
)
def test_each_attempt_has_its_wait_and_the_last_one_repeats(attempt, wait):
    assert backoff_delay(WAITS, attempt, spread=0) == wait


@given(waits, attempts)
def test_a_drawn_wait_stays_within_the_jitter(policy, attempt):
    wait = backoff_delay(policy, attempt, spread=0)
    slack = timedelta(microseconds=1)
    assert wait * (1 - JITTER) - slack <= backoff_delay(policy, attempt) <= wait * (1 + JITTER) + slack


@given(waits, attempts, st.floats(-1, 1))
def test_a_wait_is_never_negative(policy, attempt, spread):
    assert backoff_delay(policy, attempt, spread) >= timedelta(0)


@given(waits, attempts)
def test_a_greater_spread_waits_no_less(policy, attempt):
    early, middle, late = (backoff_delay(policy, attempt, spread) for spread in (-1, 0, 1))
    assert early <= middle <= late


def test_rows_that_failed_together_do_not_come_back_together():
    assert len({backoff_delay([timedelta(minutes=10)], 1) for _ in range(20)}) > 1
