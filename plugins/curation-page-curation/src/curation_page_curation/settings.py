"""What an operator may set, under ``[workflows.page-curation.settings]``."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from curation_fetch import FetchSettings
from curation_page_curation.phones import known_region


class PageFetchSettings(FetchSettings):
    """The fetch's settings, with a name of our own."""

    user_agent: str = Field(
        default="curation-page-curation/0.1 (+https://curation-core.readthedocs.io)",
        min_length=1,
        description="who we say we are, and where a site's owner finds out how to reach you; what stands before the "
        "slash is the name that robots.txt may address",
    )


class PageCurationSettings(BaseModel):
    """How a page is fetched and read.

    Raises:
        pydantic.ValidationError: A key is unknown or a value out of range.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: Annotated[str, AfterValidator(known_region)] = Field(
        default="US", description="where numbers without a country's code are dialled, unless the page tells"
    )
    gap_seconds: float = Field(default=1, ge=0, description="between two requests to one host, over all workers")
    max_crawl_delay_seconds: float = Field(default=30, ge=0, description="a robots.txt's Crawl-delay is cut to this")
    max_wait_seconds: float = Field(
        default=30, gt=0, description="longest wait for a host's turn; a page that would wait longer goes back"
    )
    robots_seconds: float = Field(default=86_400, gt=0, description="how long a robots.txt is remembered")
    allow_unverified_tls: bool = Field(
        default=False,
        description="whether a page with an invalid certificate is fetched without checking it, and marked",
    )
    read_cpu_seconds: float = Field(default=5, gt=0, description="processor time that reading one page may take")
    read_memory_mb: int = Field(default=1_024, ge=256, description="memory of the process that reads pages")
    fetch: PageFetchSettings = Field(
        default_factory=PageFetchSettings, description="how far one fetch may go; see curation-fetch"
    )

    @property
    def robots_name(self) -> str:
        """The name by which a robots.txt addresses us."""
        return self.fetch.user_agent.partition("/")[0].strip() or self.fetch.user_agent
