"""The fixed sections of the configuration, and what they are together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from curation_core.policy import Duration, Policy
from curation_core.settings.addresses import check_address, for_asyncpg, shown
from curation_core.settings.file import KeyPath
from curation_core.settings.names import TableNames

_NAME = r"[a-z_][a-z0-9_]{0,62}"  # what PostgreSQL takes without quotes, so that people can type it too
SECTION = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)


class DatabaseSettings(BaseModel):
    """``[database]``: where the tables are, and how to get there."""

    model_config = SECTION

    url: SecretStr | None = Field(
        default=None, description="postgresql://user@host/name; without it curation starts a PostgreSQL of its own"
    )
    ledger_schema: str = Field(
        default="curation", validation_alias="schema", description="schema of the engine's own tables"
    )
    pool_size: int = Field(default=10, ge=1, le=1000, description="connections that one process may hold")
    pooler: bool = Field(
        default=False,
        description="true behind a transaction pooler: no prepared statements, no LISTEN, no startup parameters",
    )
    clock: str = Field(
        default="",
        description="SQL function without arguments that is asked for the time, for tests; empty: the database's clock",
    )
    data: Path = Field(default=Path(".curation"), description="folder of curation's own PostgreSQL")

    @field_validator("url")
    @classmethod
    def _right_address(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            check_address(url.get_secret_value())
        return url

    @field_validator("ledger_schema")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        if not re.fullmatch(_NAME, name) or name.startswith("pg_"):
            message = "should be a name in lower case such as curation, and not begin with pg_"
            raise ValueError(message)
        return name

    @field_validator("clock")
    @classmethod
    def _function_name(cls, name: str) -> str:
        if name and not re.fullmatch(rf"({_NAME}\.)?{_NAME}", name):
            message = "should be the name of a function in lower case: name or schema.name, without brackets"
            raise ValueError(message)
        return name

    @property
    def for_asyncpg(self) -> str | None:
        """The address as SQLAlchemy's asyncpg dialect wants it, its password in it; ``None`` where there is none."""
        return for_asyncpg(self.url.get_secret_value()) if self.url else None

    @property
    def shown(self) -> str:
        """The address without its password, for people and logs; empty where there is none."""
        return shown(self.url.get_secret_value()) if self.url else ""


class HostSettings(BaseModel):
    """``[host]``: how processes watch each other, and how they stop."""

    model_config = SECTION

    lost_after: Duration = Field(
        default=timedelta(seconds=15), ge=timedelta(seconds=2), description="a silent worker's rows are taken back"
    )
    heartbeat_every: Duration = Field(
        default=timedelta(0), validate_default=True, description="a worker says that it lives; 0: lost_after / 5"
    )
    stall_after: Duration = Field(
        default=timedelta(0),
        validate_default=True,
        description="an event loop blocked this long stops the heartbeat; 0: two thirds of lost_after",
    )
    drain_timeout: Duration = Field(
        default=timedelta(seconds=30), description="running items may finish for this long after a stop signal"
    )
    sweep_every: Duration = Field(
        default=timedelta(seconds=5), gt=timedelta(0), description="look for lost workers this often"
    )
    history_for: Duration = Field(
        default=timedelta(days=90), gt=timedelta(0), description="attempts older than this are pruned"
    )

    @field_validator("heartbeat_every")
    @classmethod
    def _several_beats(cls, beat: timedelta, info: ValidationInfo) -> timedelta:
        lost_after: timedelta = info.data.get("lost_after", timedelta.max)
        if beat > lost_after / 2:
            message = f"should be at most half of lost_after ({lost_after.total_seconds():g} s)"
            raise ValueError(message)
        return beat or lost_after / 5

    @field_validator("stall_after")
    @classmethod
    def _stalled_before_lost(cls, stall: timedelta, info: ValidationInfo) -> timedelta:
        lost_after: timedelta = info.data.get("lost_after", timedelta.max)
        if stall >= lost_after:
            message = f"should be shorter than lost_after ({lost_after.total_seconds():g} s)"
            raise ValueError(message)
        return stall or lost_after / 3 * 2


class PluginSettings(BaseModel):
    """``[plugins]``: which plugins are imported at all, by entry point or distribution name."""

    model_config = SECTION

    allow: tuple[str, ...] = Field(default=(), description="only these are loaded; empty: all that are installed")
    deny: tuple[str, ...] = Field(default=(), description="these are never imported")
    strict: bool = Field(default=False, description="refuse to start when a plugin is wrong")


class LogSettings(BaseModel):
    """``[log]``: how much is logged, and in which form."""

    model_config = SECTION

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="the least that is logged")
    format: Literal["auto", "json", "text"] = Field(
        default="auto", description="auto: text on a terminal, else one JSON object a line"
    )


SECTIONS: Mapping[str, type[BaseModel]] = {
    "database": DatabaseSettings,
    "host": HostSettings,
    "plugins": PluginSettings,
    "log": LogSettings,
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that was configured, validated.

    Args:
        database: Where the tables are.
        host: How processes watch each other.
        plugins: Which plugins are loaded.
        log: How much is logged.
        policies: For each loaded workflow, its policy: its own defaults under what the operator set.
        tables: For each loaded workflow, what some of its plugin's tables are called here.
        plugin_settings: For each loaded workflow, its settings; ``None`` where it has none, or where it is not to run
            and a required one is missing.
    """

    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    host: HostSettings = field(default_factory=HostSettings)
    plugins: PluginSettings = field(default_factory=PluginSettings)
    log: LogSettings = field(default_factory=LogSettings)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    tables: Mapping[str, Mapping[KeyPath, TableNames]] = field(default_factory=dict)
    plugin_settings: Mapping[str, BaseModel | None] = field(default_factory=dict)
