"""What an operator may set, under ``[workflows.deep-scan.settings]``; the key by the environment alone."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from yarl import URL

from curation_core import Policy
from curation_deep_scan.profiles import Profile

POLICY = Policy(
    every=timedelta(minutes=5),
    batch_size=10,
    max_instances=1,
    max_attempts=5,
    backoff=(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=25)),
    timeout=timedelta(minutes=2),
)
"""How hard it runs by default: as the public application did, and again as long as what fails may pass."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class DeepScanSettings(BaseModel):
    """How the API is asked, how often, and what becomes of its answers.

    Raises:
        pydantic.ValidationError: A key is unknown, or a value out of range. It never repeats the API key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api_key: SecretStr = Field(description="the key of a Google Cloud project in which the Places API (New) is enabled")
    base_url: str = Field(default="https://places.googleapis.com", description="where the API is")
    profile: Profile = Field(default=Profile.CONTACT, description="which fields are asked for, which decides the price")
    language: str = Field(
        default="en",
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="of names and addresses; opening hours are told apart by day in English only",
    )
    overwrite: bool = Field(
        default=False, description="whether a column is emptied for which Google no longer has a value"
    )
    queue_moved: bool = Field(
        default=False, description="whether the new place of a business that moved is staged and queued"
    )
    calls_per_day: int = Field(
        default=1000,
        ge=1,
        description="made by all hosts together on one day of Google's quota, which is a Pacific one",
    )
    calls_per_minute: int = Field(default=300, ge=1, le=60_000, description="made by one process")
    content_ttl_days: int = Field(
        default=30,
        ge=1,
        le=36_500,
        description="how long what Google said may stay; a purge then removes it",
    )
    purge_every_hours: float = Field(
        default=0, ge=0, le=8760, description="how often a host removes it by itself; 0: never, the command does"
    )
    timeout_seconds: float = Field(default=10, gt=0, le=60, description="for one call")
    refused_pause_minutes: float = Field(
        default=60, gt=0, le=10_080, description="how long the workflow pauses when the key or the request is refused"
    )

    @field_validator("api_key")
    @classmethod
    def _fit_for_a_header(cls, key: SecretStr) -> SecretStr:
        text = key.get_secret_value()
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            message = "should be a key as Google shows it: ASCII without blanks"
            raise ValueError(message)
        return key

    @field_validator("base_url")
    @classmethod
    def _safe_for_a_key(cls, address: str) -> str:
        try:
            url = URL(address)
        except ValueError:
            url = URL()
        if not url.host or url.user or url.query_string or url.fragment:
            message = "should be an address such as https://places.googleapis.com"
            raise ValueError(message)
        if url.scheme != "https" and not (url.scheme == "http" and url.host in LOOPBACK):
            message = "should begin with https://, since the key travels there (http:// only to this machine)"
            raise ValueError(message)
        return address.rstrip("/")
