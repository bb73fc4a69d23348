"""Whatever stands in the file or the environment: it is taken, or it is a ConfigurationError."""

import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from curation_core import ConfigurationError, Policy
from curation_core.settings import Configuration, Settings
from curation_core.settings.file import Document, key_lines


class Inner(BaseModel):
    depth: int = 1


class OwnSettings(BaseModel):
    api_key: SecretStr = SecretStr("")
    inner: Inner = Inner()
    many: list[float] | int = 0
    anything: dict[str, object] = {}


@dataclass(frozen=True)
class Declared:
    defaults: Policy = field(default_factory=Policy)
    settings: type[BaseModel] | None = OwnSettings
    tables: dict[tuple[str, ...], dict[str, object]] = field(default_factory=dict)


SECTIONS = ["database", "host", "plugins", "log"]
KEYS = sorted(
    {*Policy.model_fields, *OwnSettings.model_fields, "settings", "url", "schema", "pool_size", "clock", "data"}
    | {"lost_after", "heartbeat_every", "stall_after", "sweep_every", "allow", "strict", "level", "inner", "depth"}
)
names = st.one_of(st.sampled_from(KEYS), st.text(max_size=5))
scalars = st.one_of(
    st.text(max_size=10),
    st.integers(),
    st.integers(10**20, 10**40),
    st.floats(),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.sampled_from(["5s", "1h", "999999999999d", "postgresql://a:b@c/d", "postgresql://[", "info"]),
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))
tables = st.dictionaries(names, values, max_size=4)
documents = st.dictionaries(
    st.sampled_from([*SECTIONS, "workflows"]) | st.text(max_size=5),
    tables | values | st.dictionaries(st.just("deep-scan") | names, tables | values, max_size=2),
    max_size=4,
)
variables = st.dictionaries(
    st.sampled_from(
        [f"CURATION_{section}__{key}".upper() for section in SECTIONS for key in KEYS]
        + [f"CURATION_WORKFLOWS__DEEP_SCAN__{key}".upper() for key in KEYS]
        + [f"CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__{key}".upper() for key in KEYS]
        + ["CURATION_DATABASE_URL", "CURATION_PLUGINS", "CURATION_X", "CURATION_", "CURATION_HOST__LOST_AFTER_FILE"]
    ),
    st.text(st.characters(exclude_characters="\0"), max_size=20)
    | st.sampled_from(["1", "nan", "inf", "[1", "[1]", "{}", "[" * 5000, "9" * 5000, "true", "\udc80"]),
    max_size=3,
)


def outcome(document, environ):
    try:
        return Configuration(document, environ, {}).resolve({"deep-scan": Declared()})
    except ConfigurationError as error:
        return error


@given(documents, variables)
@example({"host": {"lost_after": 1e300}}, {})
@example({"workflows": {"deep-scan": {"every": float("inf"), "batch_size": 16**5000}}}, {})
def test_any_configuration_is_taken_or_refused_but_never_breaks(table, environ):
    got = outcome(Document("curation.toml", table, {}), environ)
    assert isinstance(got, Settings) or got.problems
    str(got).encode("utf-8", "strict")


def written(value):
    """A value as TOML."""
    match value:
        case dict():
            return "{" + ", ".join(f"{quoted(name)} = {written(inner)}" for name, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(written, value)) + "]"
        case bool():
            return str(value).lower()
        case str():
            return quoted(value)
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return repr(value)


def quoted(text):
    return '"' + "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08X}" for c in text) + '"'


texts = st.text(st.characters(codec="utf-8"), max_size=5)
plain = st.recursive(
    st.one_of(texts, st.integers(-5, 5), st.booleans(), st.dates()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


@given(st.dictionaries(texts, st.dictionaries(texts, plain, min_size=1, max_size=3), max_size=4))
def test_every_key_of_a_file_is_found_on_its_line(document):
    rows = []
    expected = {}
    for table, keys in document.items():
        rows.append(f"[{quoted(table)}] # [not.this]")
        expected[table,] = len(rows)
        for key, value in keys.items():
            rows += ["# a comment = 3", f"  {quoted(key)}  = {written(value)}"]
            expected[table, key] = len(rows)
    text = "\n".join(rows)
    assert tomllib.loads(text) == document
    assert key_lines(text) == expected


@pytest.mark.parametrize("name", ["curation.toml", "pyproject.toml"])
def test_a_file_with_nothing_in_it_configures_nothing(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(name).write_text("")
    assert Configuration.read(environ={}).resolve({}) == Settings()
