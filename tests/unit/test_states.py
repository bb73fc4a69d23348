from enum import StrEnum

import pytest

from curation_core import DeclarationError, Role, States, Transition


class Status(StrEnum):
    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    ERROR = "Error"
    FILTERED = "Filtered"


def states(**words):
    return States(
        **{"queued": "Queued", "processing": "Processing", "completed": "Completed", "failed": "Error"} | words
    )


def test_each_role_has_the_tables_word():
    assert dict(states(skipped="Filtered")) == {
        Role.QUEUED: "Queued",
        Role.PROCESSING: "Processing",
        Role.COMPLETED: "Completed",
        Role.FAILED: "Error",
        Role.SKIPPED: "Filtered",
    }


def test_words_may_be_an_enums_members():
    words = States(queued=Status.QUEUED, processing=Status.PROCESSING, completed=Status.COMPLETED, failed=Status.ERROR)
    assert words.word(Role.FAILED) is Status.ERROR


def test_words_may_be_numbers_zero_among_them():
    assert States(queued=0, processing=1, completed=2, failed=3).word(Role.QUEUED) == 0


def test_a_skip_completes_where_the_table_has_no_word_for_it():
    assert states().word(Role.SKIPPED) == "Completed"
    assert Role.SKIPPED not in dict(states())


@pytest.mark.parametrize("skipped", ["Completed", "Error"])
def test_skipped_may_repeat_a_word_for_an_end(skipped):
    assert states(skipped=skipped).word(Role.SKIPPED) == skipped


@pytest.mark.parametrize("skipped", ["Queued", "Processing"])
def test_skipped_may_not_say_that_the_row_is_still_to_be_done(skipped):
    with pytest.raises(DeclarationError, match=f"skipped can't be '{skipped}'"):
        states(skipped=skipped)


@pytest.mark.parametrize(
    ("one", "other"),
    [("queued", "processing"), ("queued", "completed"), ("processing", "failed"), ("completed", "failed")],
)
def test_two_roles_that_share_a_word_are_both_named(one, other):
    with pytest.raises(DeclarationError, match=f"{one} and {other} share the word 'Same'"):
        states(**{one: "Same", other: "Same"})


@pytest.mark.parametrize("role", ["queued", "processing", "completed", "failed"])
def test_a_role_without_a_word_is_named(role):
    with pytest.raises(DeclarationError, match=f"{role} has no word"):
        states(**{role: None})


def test_words_are_given_by_role_and_never_by_position():
    with pytest.raises(TypeError, match="positional"):
        States("Queued", "Processing", "Completed", "Error")


def test_the_machine_has_these_transitions_and_no_other():
    assert {(t.name, t.source, t.target) for t in Transition} == {
        ("CLAIM", Role.QUEUED, Role.PROCESSING),
        ("COMPLETE", Role.PROCESSING, Role.COMPLETED),
        ("SKIP", Role.PROCESSING, Role.SKIPPED),
        ("FAIL", Role.PROCESSING, Role.FAILED),
        ("RETRY", Role.PROCESSING, Role.QUEUED),
        ("RELEASE", Role.PROCESSING, Role.QUEUED),
        ("RESCUE", Role.PROCESSING, Role.QUEUED),
        ("ABANDON", Role.PROCESSING, Role.FAILED),
    }


def test_no_transition_leaves_an_end():
    ends = {Role.COMPLETED, Role.FAILED, Role.SKIPPED}
    assert ends.isdisjoint(transition.source for transition in Transition)


def test_every_transition_says_its_cause():
    causes = [transition.cause for transition in Transition]
    assert all(causes)
    assert len(set(causes)) == len(causes)
