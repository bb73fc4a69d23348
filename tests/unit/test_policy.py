from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from curation_core import Policy
from curation_core.policy import Duration

duration = TypeAdapter(Duration)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("90s", 90),
        ("2m", 120),
        ("2 min", 120),
        ("1.5h", 5400),
        (" 1 d ", 86_400),
        (90, 90),
        (0.5, 0.5),
        (timedelta(seconds=3), 3),
        ("PT5M", 300),
    ],
)
def test_a_duration_is_read_as_people_write_it(text, seconds):
    assert duration.validate_python(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["soon", "5 fortnights", "-5s", "", "5 s s", "1e3s", "٣s x"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValidationError):
        duration.validate_python(text)


def test_a_negative_duration_is_refused():
    with pytest.raises(ValidationError, match="greater than or equal"):
        duration.validate_python(timedelta(seconds=-1))


@given(st.integers(0, 10_000), st.sampled_from(["ms", "s", "m", "min", "h", "d"]), st.sampled_from(["", " ", "  "]))
def test_every_whole_number_of_every_unit_is_a_duration(number, unit, space):
    one = duration.validate_python(f"1{unit}")
    assert duration.validate_python(f"{number}{space}{unit}") == number * one


def test_the_defaults_hold_their_own_rules():
    assert Policy.model_validate(Policy().model_dump(exclude={"every"})).max_attempts == Policy().max_attempts


def test_every_key_says_what_it_is():
    assert [name for name, field in Policy.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("every", 0),
        ("batch_size", 0),
        ("batch_size", 1001),
        ("concurrency", 0),
        ("max_instances", -1),
        ("max_in_flight", -1),
        ("timeout", "0s"),
        ("max_attempts", 0),
        ("backoff", []),
        ("backoff", ["soon"]),
        ("enabled", "perhaps"),
        ("batchsize", 5),
    ],
)
def test_a_wrong_key_or_value_is_refused_by_its_name(key, value):
    with pytest.raises(ValidationError) as caught:
        Policy.model_validate({key: value})
    assert caught.value.errors()[0]["loc"][0] == key


def test_a_schedule_is_an_interval_or_a_cron_line_but_not_both():
    assert Policy(cron="0 9 * * mon").cron == "0 9 * * mon"
    with pytest.raises(ValidationError, match="set `every` or `cron`, not both"):
        Policy(cron="0 9 * * mon", every=timedelta(minutes=5))


def test_backoff_takes_texts_like_every_other_duration():
    assert Policy.model_validate({"backoff": ["1s", "1m"]}).backoff == (timedelta(seconds=1), timedelta(minutes=1))


def test_a_policy_does_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        Policy().batch_size = 7
