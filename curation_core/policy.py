"""How hard a workflow runs: the settings an operator may override, with their defaults."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_SIZES = {"b": 1} | {f"{unit}b": 10**power for unit, power in (("k", 3), ("m", 6), ("g", 9))}
_SIZES |= {f"{unit}ib": 2**power for unit, power in (("k", 10), ("m", 20), ("g", 30))}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(B|[KMG]i?B)?\s*", re.IGNORECASE | re.ASCII)
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)?\s*")


def parse_duration(value: Any) -> Any:
    """Turn ``"90s"``, ``"2 min"``, ``"1.5h"`` or seconds (90, ``"90"``) into a timedelta; leave the rest to pydantic.

    >>> parse_duration("2 min")
    datetime.timedelta(seconds=120)
    """
    try:
        if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
            return timedelta(seconds=float(match[1]) * _UNITS[match[2] or "s"])
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return timedelta(seconds=value)
    except OverflowError:  # pydantic passes on a ValueError alone
        message = "a duration of more than 999999999 days can't be told"
        raise ValueError(message) from None
    return value


def parse_size(value: Any) -> Any:
    """Turn ``"512MB"``, ``"1.5 GiB"`` or bytes (``"65536"``) into a number of bytes; leave the rest to pydantic.

    >>> parse_size("512MB")
    512000000
    """
    if isinstance(value, str):
        match = _SIZE.fullmatch(value)
        if match is None:
            message = "should be a size such as '512MB', '2GiB' or a number of bytes"
            raise ValueError(message)
        return int(float(match[1]) * _SIZES[(match[2] or "B").lower()])
    return value


Duration = Annotated[timedelta, BeforeValidator(parse_duration), Field(ge=timedelta(0))]
Size = Annotated[int, BeforeValidator(parse_size), Field(ge=0)]


LEAST_MEMORY = 96 * 10**6
"""Bytes below which a child process can hardly start: it counts 45 MB before it has loaded a plugin."""


class Policy(BaseModel):
    """How hard a workflow runs. Durations are timedeltas, or texts like ``"90s"``, ``"2m"``, ``"1h"``.

    A workflow declares its own as ``Workflow(defaults=Policy(…))``; ``curation.toml``, the environment and the
    command line override it key by key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    every: Duration = Field(
        default=timedelta(minutes=1), gt=timedelta(0), description="look for queued rows this often"
    )
    cron: str | None = Field(
        default=None, description="look at these times (five fields, UTC, day names) instead of `every`"
    )
    batch_size: int = Field(default=10, ge=1, le=1000, description="rows claimed in one statement")
    concurrency: int = Field(default=10, ge=1, le=10_000, description="items that run at once in one process")
    max_instances: int = Field(
        default=0, ge=0, description="processes that may run it at once, over all hosts; 0: no limit"
    )
    max_in_flight: int = Field(default=0, ge=0, description="items that may run at once, over all hosts; 0: no limit")
    timeout: Duration = Field(
        default=timedelta(minutes=5), gt=timedelta(0), description="how long one attempt may take"
    )
    max_attempts: int = Field(default=3, ge=1, le=1000, description="how often a row is tried before it fails")
    backoff: tuple[Duration, ...] = Field(
        default=(timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10)),
        min_length=1,
        description="waits before the second, third, … attempt; the last repeats; each varies by a tenth",
    )
    isolation: Literal["none", "process"] = Field(
        default="none",
        description="process: items run in child processes, so that a crash costs the item alone that caused it",
    )
    memory_limit: Size = Field(
        default=0, description="what one child process may have, such as 512MB; 0: no limit; needs isolation = process"
    )
    enabled: bool = Field(default=True, description="false: loaded and listed, but no row is claimed")

    @field_validator("cron")
    @classmethod
    def _readable_cron(cls, cron: str | None) -> str | None:
        if cron is None:
            return None
        days = cron.split()[-1] if cron.split() else ""
        if re.search(r"\d", days):
            message = f"should name the days of the week (mon, tue, …): {days!r} means other days elsewhere"
            raise ValueError(message)
        from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - 60 ms that only a cron should cost

        CronTrigger.from_crontab(cron)
        return cron

    @field_validator("memory_limit")
    @classmethod
    def _limit_of_a_process(cls, limit: int, info: ValidationInfo) -> int:
        if limit and info.data.get("isolation") == "none":
            message = "needs isolation = 'process', since a host's own memory is shared by its workflows"
            raise ValueError(message)
        if 0 < limit < LEAST_MEMORY:
            message = f"should be at least {LEAST_MEMORY // 10**6}MB, since Python and the models take half of that"
            raise ValueError(message)
        return limit

    @model_validator(mode="after")
    def _one_schedule(self) -> Self:
        if self.cron is not None and "every" in self.model_fields_set:
            message = "set `every` or `cron`, not both"
            raise ValueError(message)
        return self
