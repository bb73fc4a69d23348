from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest

from curation_core import Done, Fail, Outcome, Pause, Retry, Skip

MINUTE = timedelta(minutes=1)


def test_a_plain_done_carries_the_result_and_no_note():
    assert (Done(7).result, Done(7).note) == (7, "")


def test_done_may_carry_a_note_for_the_history():
    assert Done({"a": 1}, note="3 of 4 found").note == "3 of 4 found"


@pytest.mark.parametrize("outcome", [Skip("no website"), Retry(), Fail("gone")], ids=lambda o: type(o).__name__)
def test_an_outcome_without_a_result_asks_for_no_save(outcome):
    assert outcome.result is None


@pytest.mark.parametrize(
    "outcome",
    [Skip("seen before", result=0), Retry(MINUTE, "half", result=0), Fail("too big", result=0)],
    ids=lambda o: type(o).__name__,
)
def test_an_outcome_keeps_a_falsy_result_apart_from_none(outcome):
    assert outcome.result == 0
    assert outcome.result is not None


@pytest.mark.parametrize("kind", [Skip, Fail])
def test_a_result_is_given_by_name_so_that_it_is_never_taken_for_a_reason(kind):
    with pytest.raises(TypeError, match="positional"):
        kind("a reason", {"the": "result"})


@pytest.mark.parametrize("reason", ["", "  ", None, 404])
@pytest.mark.parametrize(
    "make", [Skip, Fail, lambda r: Retry(MINUTE, r), lambda r: Pause(MINUTE, r)], ids=["Skip", "Fail", "Retry", "Pause"]
)
def test_a_reason_is_a_text_that_a_person_can_read(make, reason):
    with pytest.raises(TypeError, match="needs a reason that a person can read") as caught:
        make(reason)
    assert repr(reason) in str(caught.value)


def test_a_retry_without_a_wait_leaves_it_to_the_policy():
    assert Retry().after is None
    assert Retry().reason


def test_a_retry_may_be_due_at_once():
    assert Retry(timedelta(0)).after == timedelta(0)


@pytest.mark.parametrize("wait", [30, "30s", 1.5])
@pytest.mark.parametrize("make", [Retry, lambda wait: Pause(wait, "quota gone")], ids=["Retry", "Pause"])
def test_a_wait_is_a_timedelta_and_the_message_names_the_field(make, wait):
    with pytest.raises(TypeError, match=r"(after|duration) must be a datetime.timedelta"):
        make(wait)


def test_a_retry_into_the_past_is_refused():
    with pytest.raises(ValueError, match="after must be positive"):
        Retry(-MINUTE)


@pytest.mark.parametrize("duration", [timedelta(0), -MINUTE])
def test_a_pause_lasts(duration):
    with pytest.raises(ValueError, match="duration must be positive"):
        Pause(duration, "quota gone")


@pytest.mark.parametrize(
    "outcome", [Done(), Skip("s"), Retry(), Fail("f"), Pause(MINUTE, "p")], ids=lambda o: type(o).__name__
)
def test_an_outcome_is_a_value(outcome):
    assert isinstance(outcome, Outcome)
    assert outcome == type(outcome)(**{name: getattr(outcome, name) for name in type(outcome).__match_args__})
    with pytest.raises((FrozenInstanceError, TypeError)):  # slots and frozen refuse a stranger's name in two ways
        outcome.reason = "another"


def test_an_uncharged_retry_needs_a_wait():
    assert not Retry(MINUTE, "asked to come later", charged=False).charged
    with pytest.raises(TypeError, match="needs `after`"):
        Retry(reason="asked to come later", charged=False)
    with pytest.raises(ValueError, match="must be positive"):
        Retry(timedelta(0), "asked to come later", charged=False)
