"""What an operator may set, under ``[workflows.domain-extraction.settings]``."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from curation_domain_extraction.platforms import AGGREGATOR, BRANDS, HOSTING, PLATFORMS, SOCIAL

HostName = Annotated[str, StringConstraints(to_lower=True, pattern=r"(?i)^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
TableName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$", max_length=127)]


class DomainExtractionSettings(BaseModel):
    """The settings of WF3. Without any of them it does what the public application's users expect.

    Args:
        allow: Platforms that make a domain all the same: ``social``, ``aggregator``, or one by its name
            (``linktr.ee``, ``google``).
        more_aggregators: Hosts that make no domain, beyond the built-in list; their subdomains make none either.
        link_table: A table of yours with the columns ``domain_id`` and ``local_business_id`` (``schema.table`` where
            it is not on the search path). With it every business is linked to its domain there, also the second and
            third that share a website.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow: frozenset[str] = Field(frozenset(), description="platforms that make a domain all the same")
    more_aggregators: frozenset[HostName] = Field(frozenset(), description="further hosts that make no domain")
    link_table: TableName | None = Field(None, description="table (domain_id, local_business_id) for shared websites")

    @field_validator("allow")
    @classmethod
    def _known_platforms(cls, allow: frozenset[str]) -> frozenset[str]:
        known = {SOCIAL, AGGREGATOR, *PLATFORMS, *BRANDS, *HOSTING}
        for name in sorted(allow - known):
            meant = get_close_matches(name, sorted(known), n=1)
            message = f"no platform {name!r} is listed" + (f"; did you mean {meant[0]!r}?" if meant else "")
            raise ValueError(message)
        return allow
