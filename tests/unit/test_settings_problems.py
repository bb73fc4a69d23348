"""What is wrong with a configuration is said all at once, with its place and the remedy, and never with a secret."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, ValidationError, field_validator, model_validator

from curation_core import ConfigurationError, Policy
from curation_core.settings import Configuration, DatabaseSettings

SECRET = "sk-very-secret"  # noqa: S105 - the word that must not be seen


class Account(BaseModel):
    name: str
    token: SecretStr


class ScanSettings(BaseModel):
    api_key: SecretStr
    region: str
    retries: int | list[int] = 3
    accounts: list[Account] = []
    proxy: SecretStr = SecretStr("")

    @field_validator("api_key")
    @classmethod
    def _right_key(cls, key):
        if not key.get_secret_value().startswith("AIza"):
            message = f"{key.get_secret_value()!r} is no key"
            raise ValueError(message)
        return key


class Touchy(BaseModel):
    low: int = 0
    high: int = 9

    @model_validator(mode="after")
    def _ordered(self):
        if self.low > self.high:
            message = "low is above high"
            raise ValueError(message)
        return self

    @field_validator("high")
    @classmethod
    def _breaks(cls, high):
        if high == 13:
            message = "unlucky"
            raise KeyError(message)
        return high


@dataclass(frozen=True)
class Declared:
    defaults: Policy = field(default_factory=Policy)
    settings: type[BaseModel] | None = None
    tables: dict[tuple[str, ...], dict[str, object]] = field(default_factory=dict)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems(toml="", environ=None, *, settings=ScanSettings, overrides=None, failed=()):
    Path("curation.toml").write_text(toml)
    with pytest.raises(ConfigurationError) as caught:
        Configuration.read(environ=environ or {}, overrides=overrides).resolve(
            {"deep-scan": Declared(settings=settings), "sitemap-import": Declared()}, failed=failed
        )
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)
    return [re.sub(r"  +", "  ", line) for line in caught.value.problems]


def problem(*arguments, **options):
    (only,) = problems(*arguments, **options)
    return only


MANY = f"""\
[database]
url = "postgresql://me:{SECRET}@db/leads"
pool_sise = 3
schema = "Curation"

[host]
lost_after = "1s"
stall_after = true

[workflows.deep-scn]
batch_size = 3

[workflows.deep-scan]
batchsize = 3
batch_size = 5000
every = "1m"
cron = "* * * * *"
backoff = ["10s", "soon"]
table = "places"

[workflows.deep-scan.settings]
api_key = "{SECRET}"
regoin = "de"

[workflows.sitemap-import]
settings = {{ depth = 3 }}
[worfklows.x]
"""

EXPECTED = [
    (
        "database.url  curation.toml:2  secrets come from the environment only: set CURATION_DATABASE_URL, or "
        "CURATION_DATABASE_URL_FILE"
    ),
    "database.pool_sise  curation.toml:3  unknown key; did you mean 'pool_size'?",
    "host.stall_after  curation.toml:8  should be a number, not true or false",
    "worfklows  curation.toml:27  unknown key; did you mean 'workflows'?",
    "CURATION_LOG_LEVEL  environment  unknown variable; did you mean 'CURATION_LOG__LEVEL'?",
    (
        "database.schema  curation.toml:4  should be a name in lower case such as curation, and not begin with "
        "pg_, got 'Curation'"
    ),
    "host.lost_after  curation.toml:7  should be greater than or equal to 2 seconds, got '1s'",
    "workflows.deep-scn  curation.toml:10  no loaded plugin declares this workflow; did you mean 'deep-scan'?",
    "workflows.deep-scan.batchsize  curation.toml:14  unknown key; did you mean 'batch_size'?",
    "workflows.deep-scan.table  curation.toml:19  unknown key; did you mean 'enabled'?",
    (
        "workflows.deep-scan.settings.api_key  curation.toml:22  secrets come from the environment only: set "
        "CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__API_KEY, or CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__API_KEY_FILE"
    ),
    "workflows.deep-scan.settings.regoin  curation.toml:23  unknown key; did you mean 'region'?",
    "workflows.sitemap-import.settings  curation.toml:26  this workflow has no settings of its own",
    "workflows.deep-scan.cron  curation.toml:17  set `every` or `cron`, not both",
    (
        "CURATION_WORKFLOWS__DEEP_SCAN__TIMEOUTS  environment  unknown variable; did you mean "
        "'CURATION_WORKFLOWS__DEEP_SCAN__TIMEOUT'?"
    ),
    "workflows.deep-scan.batch_size  curation.toml:15  should be less than or equal to 1000, got 5000",
    (
        "workflows.deep-scan.concurrency  CURATION_WORKFLOWS__DEEP_SCAN__CONCURRENCY  should be a valid integer, "
        "unable to parse string as an integer, got 'many'"
    ),
    (
        "workflows.deep-scan.backoff[1]  curation.toml:18  should be a duration such as '90s', '5m', '1h' or a number "
        "of seconds, got 'soon'"
    ),
    (
        "workflows.deep-scan.settings.region  not set  is required: set it in curation.toml, or "
        "CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__REGION"
    ),
]


def test_every_kind_of_problem_is_told_in_one_go():
    environ = {
        "CURATION_LOG_LEVEL": "info",
        "CURATION_WORKFLOWS__DEEP_SCAN__TIMEOUTS": "5m",
        "CURATION_WORKFLOWS__DEEP_SCAN__CONCURRENCY": "many",
    }
    assert problems(MANY, environ) == EXPECTED


def test_the_message_begins_with_the_number_of_problems():
    Path("curation.toml").write_text("[log]\nlevel = 3\nfromat = 'json'\n")
    with pytest.raises(ConfigurationError, match=r"^2 configuration errors:\n  log"):
        Configuration.read(environ={}).resolve({})


# -- places -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "place"),
    [
        ("[log]\n\n# why\nlevel = 3", "curation.toml:4"),
        ("log.level = 3", "curation.toml:1"),
        ("\nlog = { format = 'json', level = 3 }", "curation.toml:2"),
        ('a = """\n[log]\nlevel = 3\n"" """\n[log]\nlevel = 3', "curation.toml:6"),
        ("a = '''\nlevel = \"\"\"'''''\n[log]\nlevel = 3", "curation.toml:4"),
        ("a = [\n  '[log]', # ]\n  [1],\n]\n[log]\nlevel = 3", "curation.toml:6"),
        ("[log]\r\nformat = 'json'\r\nlevel = 3\r\n", "curation.toml:3"),
        ("[ 'log' ]\n\"lev\\u0065l\" = 3", "curation.toml:2"),
        ('[host]\nlost_after = "20s" # [log]\n[log]\nlevel = 3 # the # last', "curation.toml:4"),
    ],
)
def test_a_problem_names_the_line_however_the_file_is_written(toml, place):
    assert f"log.level  {place}  should be 'debug', 'info', 'warning' or 'error', got 3" in problems(toml)


def test_in_pyproject_the_line_is_that_of_the_whole_file(folder):
    (folder / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.curation]\nlog = { level = 3 }\n")
    with pytest.raises(ConfigurationError, match=r"log\.level  pyproject\.toml:4 "):
        Configuration.read(environ={}).resolve({})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[log\n", r"c\.toml:1: is not TOML"),
        (b"\xff", r"c\.toml: can't be read: 'utf-8'"),
        (b"a = " + b"[" * 10_000, r"c\.toml: is not TOML"),
        (b"a = " + b"9" * 5000, r"c\.toml: is not TOML"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem_of_its_own(folder, content, message):
    (folder / "c.toml").write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        Configuration.read("c.toml", environ={})


def test_a_chosen_file_must_be_there():
    with pytest.raises(ConfigurationError, match=r"--config: there is no file 'no\.toml'"):
        Configuration.read("no.toml", environ={})
    with pytest.raises(ConfigurationError, match=r"CURATION_CONFIG: there is no file 'no\.toml'"):
        Configuration.read(environ={"CURATION_CONFIG": "no.toml"})


def test_our_part_of_pyproject_must_be_a_table(folder):
    (folder / "pyproject.toml").write_text("tool.curation = 3")
    with pytest.raises(ConfigurationError, match=r"tool\.curation should be a table"):
        Configuration.read(environ={})


# -- plugins first ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "environ"),
    [
        ("[plugins]\ndney = ['curation-metrics']", {}),
        ("[plugins]\ndeny = 3", {}),
        ("[plugin]\ndeny = ['curation-metrics']", {}),
        ("", {"CURATION_PLUGINS__DENI": "curation-metrics"}),
        ("", {"CURATION_PLUGIN": "deep-scan"}),
    ],
)
def test_no_plugin_is_loaded_while_it_is_unclear_which_are_denied(toml, environ):
    Path("curation.toml").write_text(toml)
    with pytest.raises(ConfigurationError):
        Configuration.read(environ=environ)


# -- single rules -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["'dsn'", "3", "[]", "true"])
def test_a_section_must_be_a_table_and_its_value_is_not_repeated(value):
    assert problem(f"database = {value}", settings=None).startswith(
        "database  curation.toml:1  should be a table, not "
    )


@pytest.mark.parametrize("url", ["mysql://db/x", "leads", "postgresql://me:a/b@db/x", "postgresql://me:a#b@db/x"])
def test_an_address_of_another_kind_is_refused_without_being_repeated(url):
    line = problem(environ={"CURATION_DATABASE_URL": url}, settings=None)
    assert line.startswith("database.url  CURATION_DATABASE_URL  should be postgresql://user@host:port/name")
    assert url not in line


def test_a_password_among_the_options_of_an_address_is_refused():
    line = problem(environ={"CURATION_DATABASE_URL": f"postgresql://db/x?password={SECRET}"}, settings=None)
    assert "should have its password before the host" in line


def test_an_address_without_a_password_may_stand_in_the_file():
    Path("curation.toml").write_text('[database]\nurl = "postgresql://me@db/leads"\n')
    assert Configuration.read(environ={}).resolve({}).database.shown == "postgresql://me@db/leads"


@pytest.mark.parametrize("url", [f"postgresql://me:{SECRET}@db/x", f"postgresql://db/x?password={SECRET}"])
def test_a_password_on_the_command_line_is_refused(url):
    line = problem(overrides={"database.url": url}, settings=None)
    assert line.startswith("database.url  command line  a command line is seen by every user of the machine: set CURA")


def test_an_option_for_an_unknown_key_is_refused():
    assert problem(overrides={"log.levle": "info"}, settings=None).endswith("unknown key; did you mean 'level'?")


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("lost_after = '20s'\nheartbeat_every = '11s'", "should be at most half of lost_after (20 s), got '11s'"),
        ("stall_after = '15s'", "should be shorter than lost_after (15 s), got '15s'"),
        ("sweep_every = 0", "should be greater than 0 seconds, got 0"),
        ("drain_timeout = -1", "should be greater than or equal to 0 seconds, got -1"),
        ("drain_timeout = 1e300", "a duration of more than 999999999 days can't be told, got 1e+300"),
    ],
)
def test_the_hosts_times_must_fit_each_other(toml, message):
    assert problem(f"[host]\n{toml}", settings=None).endswith(message)


@pytest.mark.parametrize("clock", ["now()", "a.b.c", "Now", "1now", "x; drop table y", "now\n"])
def test_a_clock_that_is_no_name_is_refused(clock):
    line = problem(f"[database]\nclock = {json.dumps(clock)}", settings=None)
    assert "should be the name of a function" in line


def test_a_key_set_by_two_variables_is_told():
    environ = {"CURATION_PLUGINS": "a", "CURATION_PLUGINS__ALLOW": "b"}
    with pytest.raises(ConfigurationError, match="CURATION_PLUGINS__ALLOW  is set already by CURATION_PLUGINS: remove"):
        Configuration.read(environ=environ)


def test_a_variable_and_its_file_are_not_set_together(folder):
    (folder / "url").write_text("postgresql://db/x")
    environ = {"CURATION_DATABASE_URL": "postgresql://db/y", "CURATION_DATABASE_URL_FILE": "url"}
    assert "is set already by CURATION_DATABASE_URL: remove one" in problem(environ=environ, settings=None)


def test_a_file_of_a_variable_that_cannot_be_read_is_not_named_for_it_may_be_the_secret_itself():
    line = problem(environ={"CURATION_DATABASE_URL_FILE": SECRET}, settings=None)
    assert line.endswith("CURATION_DATABASE_URL_FILE  should name a file that can be read: No such file or directory")


def test_a_variable_that_means_two_keys_is_refused():
    class Twins(BaseModel):
        depth: int = 0
        DEPTH: int = 0

    line = problem(environ={"CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__DEPTH": "1"}, settings=Twins)
    assert "means both workflows.deep-scan.settings.depth and workflows.deep-scan.settings.DEPTH" in line


# -- a plugin's own settings --------------------------------------------------------------------------------------

OWN = "CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__"


def test_what_a_plugins_validator_says_is_told_without_the_secret():
    environ = {f"{OWN}API_KEY": SECRET, f"{OWN}REGION": "de"}
    assert problem(environ=environ) == f"workflows.deep-scan.settings.api_key  {OWN}API_KEY  '***' is no key"


def test_a_list_whose_items_hold_secrets_is_not_shown():
    accounts = json.dumps([{"nmae": "a", "token": SECRET}])
    line = problem(environ={f"{OWN}API_KEY": "AIza", f"{OWN}REGION": "de", f"{OWN}ACCOUNTS": accounts})
    assert line == f"workflows.deep-scan.settings.accounts[0]  {OWN}ACCOUNTS  Field required"
    told = problems(f'[workflows.deep-scan.settings]\naccounts = [{{ name = "a", token = "{SECRET}" }}]\n')
    assert any("accounts  curation.toml:2  secrets come from the environment only" in line for line in told)


def test_a_model_that_refuses_its_fields_together_names_where_they_were_set():
    line = problem("[workflows.deep-scan.settings]\nlow = 5\nhigh = 3\n", settings=Touchy)
    assert line == "workflows.deep-scan.settings  curation.toml:3  low is above high"


def test_a_validator_that_breaks_is_a_problem_and_not_a_crash():
    line = problem("[workflows.deep-scan.settings]\nhigh = 13\n", settings=Touchy)
    assert line == "workflows.deep-scan.settings  curation.toml:2  KeyError: 'unlucky'"


def test_what_fits_no_arm_of_a_union_is_told_for_each():
    environ = {f"{OWN}API_KEY": "AIza", f"{OWN}REGION": "de"}
    line = problem('[workflows.deep-scan.settings]\nretries = "x"\n', environ)
    assert "should be a valid integer, unable to parse string as an integer or should be a valid list, got 'x'" in line


def test_a_long_value_is_cut():
    line = problem(f'[log]\nlevel = "{"x" * 5000}"\n', settings=None)
    assert len(line) < 250


def test_the_settings_models_do_not_repeat_an_address_either():
    with pytest.raises(ValidationError) as caught:
        DatabaseSettings(url=SecretStr(f"mysql://me:{SECRET}@db/x"))
    assert SECRET not in str(caught.value)


def test_a_word_that_is_nearly_right_is_suggested():
    line = problem("[workflows.deep-scan]\nisolation = 'proces'", settings=None)
    assert line.endswith("should be 'none' or 'process', got 'proces'; did you mean 'process'?")


def test_a_limit_of_memory_without_a_process_is_refused_at_its_place():
    line = problem("[workflows.deep-scan]\nmemory_limit = '512MB'", settings=None)
    assert line.startswith("workflows.deep-scan.memory_limit  curation.toml:2  needs isolation = 'process'")
