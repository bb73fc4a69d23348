import pytest

from curation_core import Attempt


@pytest.mark.parametrize(("number", "is_last"), [(1, False), (2, False), (3, True), (4, True)])
def test_an_attempt_is_the_last_when_none_is_left(number, is_last):
    assert Attempt("deep-scan", "[42]", number, max_attempts=3).is_last is is_last


def test_an_attempt_made_by_hand_needs_only_a_workflow_and_an_item():
    attempt = Attempt("deep-scan", "[42]")
    assert (attempt.number, attempt.is_last, attempt.idempotency_key) == (1, True, "")
