"""What was configured, from which source, and who wins."""

import dataclasses
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel, Field, SecretStr

from curation_core import ConfigurationError, Policy
from curation_core.settings import Configuration, DatabaseSettings, HostSettings, Settings


class Limits(BaseModel):
    daily: int = 1000
    hourly: int = 100


class ScanSettings(BaseModel):
    api_key: SecretStr
    regions: list[str] = Field(default_factory=list)
    limits: Limits = Limits()
    labels: dict[str, int] = Field(default_factory=dict)


@dataclass(frozen=True)
class Declared:
    defaults: Policy = field(default_factory=Policy)
    settings: type[BaseModel] | None = None
    tables: dict[tuple[str, ...], dict[str, object]] = field(default_factory=dict)


PLAIN = {"sitemap-import": Declared()}
SCAN = {"deep-scan": Declared(Policy(batch_size=7), ScanSettings)}
KEY = {"CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__API_KEY": "sk-1234"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(toml="", environ=None, workflows=PLAIN, **options):
    if toml:
        Path("curation.toml").write_text(toml)
    overrides = options.pop("overrides", None)
    return Configuration.read(environ=environ or {}, overrides=overrides).resolve(workflows, **options)


def policy(toml="", environ=None, workflows=PLAIN):
    return read(toml, environ, workflows).policies[next(iter(workflows))]


# -- where settings come from -------------------------------------------------------------------------------------


def test_without_any_configuration_everything_has_its_default():
    settings = read()
    assert settings == dataclasses.replace(
        Settings(), policies={"sitemap-import": Policy()}, plugin_settings=settings.plugin_settings
    )
    assert settings.plugin_settings == {"sitemap-import": None}
    assert settings.database.url is None
    assert settings.database.ledger_schema == "curation"


def test_the_file_wins_over_the_defaults_the_environment_over_the_file_and_the_command_line_over_all():
    toml = '[log]\nlevel = "warning"\nformat = "text"\n[database]\npool_size = 3\n'
    environ = {"CURATION_LOG__LEVEL": "error", "CURATION_DATABASE__POOL_SIZE": "4"}
    settings = read(toml, environ, overrides={"database.pool_size": 5, "database.pooler": None})
    assert (settings.log.format, settings.log.level, settings.database.pool_size) == ("text", "error", 5)


def test_a_policy_overrides_the_plugins_own_key_by_key():
    toml = "[workflows.deep-scan]\nconcurrency = 3\n"
    merged = read(toml, {**KEY, "CURATION_WORKFLOWS__DEEP_SCAN__TIMEOUT": "90s"}, SCAN).policies["deep-scan"]
    assert (merged.batch_size, merged.concurrency, merged.timeout) == (7, 3, timedelta(seconds=90))
    assert merged.model_fields_set == {"batch_size", "concurrency", "timeout"}


@pytest.mark.parametrize(
    ("toml", "environ", "every", "cron"),
    [
        ('cron = "0 9 * * mon"', {}, None, "0 9 * * mon"),
        ('cron = "0 9 * * mon"', {"EVERY": "5m"}, timedelta(minutes=5), None),
        ('every = "5m"', {"CRON": "0 9 * * mon"}, None, "0 9 * * mon"),
        ("", {"CRON": "0 9 * * mon"}, None, "0 9 * * mon"),
        ("", {}, timedelta(minutes=2), None),
    ],
)
def test_a_schedule_of_a_later_source_takes_the_place_of_an_earlier_one(toml, environ, every, cron):
    variables = {f"CURATION_WORKFLOWS__SITEMAP_IMPORT__{name}": text for name, text in environ.items()}
    workflows = {"sitemap-import": Declared(Policy(every=timedelta(minutes=2)))}
    merged = policy(f"[workflows.sitemap-import]\n{toml}\n", variables, workflows)
    assert merged.cron == cron
    assert every is None or merged.every == every


def test_a_cron_of_the_plugin_gives_way_to_every():
    merged = policy('[workflows.w]\nevery = "5m"', workflows={"w": Declared(Policy(cron="0 9 * * mon"))})
    assert (merged.cron, merged.every) == (None, timedelta(minutes=5))


def test_pyproject_is_read_where_there_is_no_curation_toml(folder):
    (folder / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.curation.log]\nlevel = "error"\n')
    assert read().log.level == "error"
    (folder / "curation.toml").write_text('[log]\nformat = "json"\n')
    assert (read().log.level, read().log.format) == ("info", "json")


@pytest.mark.parametrize("pyproject", ["", "tool = 3\n", "[tool.ruff]\nline-length = 120\n"])
def test_a_pyproject_of_others_configures_nothing(folder, pyproject):
    (folder / "pyproject.toml").write_text(pyproject)
    assert read().log.level == "info"


def test_the_file_can_be_chosen_by_option_or_variable(folder):
    (folder / "curation.toml").write_text("this is not TOML")
    (folder / "a.toml").write_text('[log]\nlevel = "error"\n')
    (folder / "b.toml").write_text('[log]\nlevel = "debug"\n')
    chosen = Configuration.read(environ={"CURATION_CONFIG": "a.toml"}).resolve({})
    assert chosen.log.level == "error"
    assert Configuration.read("b.toml", environ={"CURATION_CONFIG": "a.toml"}).resolve({}).log.level == "debug"


def test_the_plugins_to_load_are_known_before_the_workflows():
    Path("curation.toml").write_text('[plugins]\ndeny = ["curation-metrics"]\n[workflows.deep-scan]\nbatch_size = 5\n')
    configuration = Configuration.read(environ={"CURATION_PLUGINS": "deep-scan, sitemap-import"})
    assert configuration.plugins.deny == ("curation-metrics",)
    assert configuration.plugins.allow == ("deep-scan", "sitemap-import")


# -- the environment ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("BATCH_SIZE", "50", "batch_size", 50),
        ("ENABLED", "false", "enabled", False),
        ("EVERY", "90", "every", timedelta(seconds=90)),
        ("BACKOFF", "10s, 1m", "backoff", (timedelta(seconds=10), timedelta(minutes=1))),
        ("BACKOFF", '["10s", 60]', "backoff", (timedelta(seconds=10), timedelta(minutes=1))),
    ],
)
def test_a_variables_text_becomes_the_keys_type(name, text, key, value):
    assert getattr(policy(environ={f"CURATION_WORKFLOWS__SITEMAP_IMPORT__{name}": text}), key) == value


def test_variables_reach_into_the_models_of_a_plugins_settings():
    prefix = "CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__"
    environ = {
        **KEY,
        f"{prefix}LIMITS__DAILY": "5",
        f"{prefix}REGIONS": "de,at",
        f"{prefix}LABELS": '{"a": 1}',
    }
    own = read("[workflows.deep-scan.settings.limits]\nhourly = 2\ndaily = 9\n", environ, SCAN).plugin_settings[
        "deep-scan"
    ]
    assert isinstance(own, ScanSettings)
    assert own.api_key.get_secret_value() == "sk-1234"
    assert own.limits == Limits(daily=5, hourly=2)
    assert (own.regions, own.labels) == (["de", "at"], {"a": 1})


def test_a_variable_that_is_empty_counts_as_not_set():
    assert read("[log]\nlevel = 'error'", {"CURATION_LOG__LEVEL": "", "CURATION_PLUGINS": ""}).log.level == "error"


def test_the_variable_of_the_database_has_a_short_and_a_general_name():
    address = "postgresql://me:secret@db/leads"
    for name in ("CURATION_DATABASE_URL", "CURATION_DATABASE__URL"):
        url = read(environ={name: address}).database.url
        assert url is not None
        assert url.get_secret_value() == address


def test_a_secret_can_stand_in_a_file_that_a_variable_names(folder):
    (folder / "key").write_text("sk-1234\n")
    own = read(environ={"CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__API_KEY_FILE": "key"}, workflows=SCAN).plugin_settings
    assert isinstance(own["deep-scan"], ScanSettings)
    assert own["deep-scan"].api_key.get_secret_value() == "sk-1234"


def test_what_kubernetes_puts_into_every_pod_is_left_alone():
    links = ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_80_TCP", "PORT_80_TCP_ADDR"]
    assert read(environ={f"CURATION_{name}": "tcp://10.0.0.1:80" for name in links}) == read()


def test_variables_that_other_parts_read_are_no_settings():
    others = {"CURATION_PG_BIN": "x", "CURATION_TEST_DATABASE_URL": "y", "PATH": "z", "CURATIONS": "no"}
    assert read(environ=others) == read()


# -- the sections -------------------------------------------------------------------------------------------------


def test_the_host_derives_its_beats_from_the_time_after_which_a_worker_is_lost():
    seconds = timedelta(seconds=1)
    assert (HostSettings().heartbeat_every, HostSettings().stall_after) == (3 * seconds, 10 * seconds)
    quick = HostSettings(lost_after=3 * seconds)
    assert (quick.heartbeat_every, quick.stall_after) == (0.6 * seconds, 2 * seconds)


@pytest.mark.parametrize("clock", ["test_now", "testing.now"])
def test_a_clock_is_the_name_of_a_function(clock):
    assert DatabaseSettings(clock=clock).clock == clock


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@db:5433/leads", "postgresql://me@db:5433/leads"),
        ("postgresql+asyncpg://me:secret@/leads?host=/run/pg", "postgresql+asyncpg://me@/leads?host=/run/pg"),
        ("postgres://db/leads", "postgres://db/leads"),
    ],
)
def test_an_address_is_shown_without_its_password(url, shown):
    database = DatabaseSettings(url=SecretStr(url))
    assert database.shown == shown
    assert "secret" not in repr(database)


@pytest.mark.parametrize(
    ("url", "for_asyncpg"),
    [
        ("postgres://me:secret@db:5433/leads", "postgresql+asyncpg://me:secret@db:5433/leads"),
        ("postgresql://me@db/leads?sslmode=require", "postgresql+asyncpg://me@db/leads?ssl=require"),
        ("postgresql+asyncpg:///leads?host=/run/pg", "postgresql+asyncpg:///leads?host=/run/pg"),
        ("postgresql://me:p%2Fw%3Fx@db/leads", "postgresql+asyncpg://me:p%2Fw%3Fx@db/leads"),
    ],
)
def test_an_address_is_made_one_for_the_driver(url, for_asyncpg):
    assert DatabaseSettings(url=SecretStr(url)).for_asyncpg == for_asyncpg
    assert DatabaseSettings().for_asyncpg is None


# -- which workflows ----------------------------------------------------------------------------------------------


def test_a_plugin_that_was_not_loaded_keeps_its_section_without_an_error():
    toml = "[workflows.deep-scan]\nbatch_size = 5\nnonsense = 3\n[workflows.deep-scan.settings]\nx = 1\n"
    settings = read(toml, {"CURATION_WORKFLOWS__DEEP_SCAN__ANYTHING": "1"}, failed=["deep-scan"])
    assert list(settings.policies) == ["sitemap-import"]


@pytest.mark.parametrize(("options", "toml"), [({"needed": ()}, ""), ({}, "[workflows.deep-scan]\nenabled = false\n")])
def test_a_workflow_that_does_not_run_here_may_lack_a_required_setting(options, toml):
    assert read(toml, workflows=SCAN, **options).plugin_settings == {"deep-scan": None}


def test_a_workflow_that_runs_here_must_have_its_required_settings():
    with pytest.raises(ConfigurationError, match=r"deep-scan\.settings.api_key +not set +is required"):
        read(workflows=SCAN, needed=["deep-scan"])


def test_a_configuration_gives_its_values_away_once():
    configuration = Configuration.read(environ=KEY)
    configuration.resolve(SCAN)
    assert "sk-1234" not in repr(vars(configuration))
    with pytest.raises(RuntimeError, match="resolved before"):
        configuration.resolve(SCAN)


# -- what goes -----------------------------------------------------------------------------------------------------


class OlderSettings(BaseModel):
    pace: float = Field(default=0, deprecated="set `gap_seconds` instead; `pace` goes in 0.3")
    token: SecretStr = Field(default=SecretStr(""), deprecated="set `api_key` instead; `token` goes in 0.3")
    gap_seconds: float = 1


OLDER = {"deep-scan": Declared(settings=OlderSettings)}


def test_a_deprecated_key_is_warned_of_with_its_place_and_what_to_do_and_holds(caplog):
    toml = "[workflows.deep-scan.settings]\npace = 3\ngap_seconds = 2\n"
    secret = {"CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__TOKEN": "sk-1234"}

    settings = read(toml, secret, OLDER)

    said = [record.getMessage() for record in caplog.records if record.name == "curation_core.settings"]
    table, variable = "workflows.deep-scan.settings", "CURATION_WORKFLOWS__DEEP_SCAN__SETTINGS__TOKEN"
    assert said == [
        f"{table}.pace  curation.toml:2  is deprecated: set `gap_seconds` instead; `pace` goes in 0.3",
        f"{table}.token  {variable}  is deprecated: set `api_key` instead; `token` goes in 0.3",
    ]
    assert settings.plugin_settings["deep-scan"].model_dump()["pace"] == 3


def test_a_deprecated_key_that_nobody_sets_is_not_warned_of(caplog):
    read("[workflows.deep-scan.settings]\ngap_seconds = 2\n", workflows=OLDER)

    assert [record for record in caplog.records if record.name == "curation_core.settings"] == []
