"""A wrong setting is refused with what was meant, and the key is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from curation_deep_scan.profiles import Profile
from curation_deep_scan.settings import DeepScanSettings

README = Path(__file__).parents[1] / "README.md"


def make(**settings):
    return DeepScanSettings.model_validate({"api_key": "a-key", **settings})


def test_without_a_key_there_are_no_settings():
    with pytest.raises(ValidationError, match="api_key"):
        DeepScanSettings.model_validate({})


@pytest.mark.parametrize("key", ["", " ", "se cret", "se-cret\n", "se-cret\r\nX-Evil: 1", "schlüssel"])
def test_a_key_that_is_none_is_refused_and_not_repeated(key):
    with pytest.raises(ValidationError, match="ASCII without blanks") as caught:
        make(api_key=key)
    assert not key.strip() or key not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["https://places.example", "https://places.example/proxy/", "http://127.0.0.1:8080", "http://[::1]:80"]
)
def test_the_key_may_travel_over_https_or_stay_on_the_machine(address):
    assert make(base_url=address).base_url == address.rstrip("/")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://places.example", "should begin with https://"),
        ("http://127.0.0.1.places.example", "should begin with https://"),
        ("ftp://places.example", "should begin with https://"),
        ("places.example", "should be an address"),
        ("", "should be an address"),
        ("https://", "should be an address"),
        ("https://me:secret@places.example", "should be an address"),
        ("https://places.example?x=y", "should be an address"),
        ("https://places.example:port", "should be an address"),
    ],
)
def test_an_address_to_which_the_key_must_not_travel_is_refused(address, told):
    with pytest.raises(ValidationError, match=told) as caught:
        make(base_url=address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("profile", "everything"),
        ("language", "en_US; drop"),
        ("calls_per_day", 0),
        ("calls_per_minute", 0),
        ("content_ttl_days", 0),
        ("timeout_seconds", 0),
        ("refused_pause_minutes", 0),
        ("api_keys", "x"),
    ],
)
def test_what_can_not_be_meant_is_refused_by_its_name(key, value):
    with pytest.raises(ValidationError, match=key):
        make(**{key: value})


def test_what_is_not_said_costs_no_more_than_it_must():
    made = make()
    assert made.profile is Profile.CONTACT
    assert (made.calls_per_day, made.overwrite, made.queue_moved) == (1000, False, False)


def test_the_readme_lists_every_setting_with_its_default():
    text = README.read_text()
    rows = {
        row.split("|")[1].strip(" `"): row for row in text[text.index("## Settings") :].splitlines() if row[:3] == "| `"
    }
    assert set(rows) == set(DeepScanSettings.model_fields)
    for name, field in DeepScanSettings.model_fields.items():
        default = "required" if field.is_required() else f"`{str(field.default).lower()}`"
        assert f"| {default} |" in rows[name].lower(), name
