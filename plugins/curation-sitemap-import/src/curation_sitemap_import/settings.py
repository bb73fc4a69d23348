"""How far an import may go."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from curation_fetch import FetchSettings

MAX_BYTES = 50 * 2**20  # sitemaps.org: 52,428,800 bytes, unpacked


class SitemapFetchSettings(FetchSettings):
    """The fetch's settings, with bounds fit for sitemaps."""

    total_seconds: float = Field(default=120, gt=0, description="for one file, redirects included")
    max_body_bytes: int = Field(default=MAX_BYTES, gt=0, description="of one file as it is sent")


class SitemapImportSettings(BaseModel):
    """How far an import may go.

    Raises:
        pydantic.ValidationError: A key is unknown or a value out of range.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: Literal["honeybee", "wider"] = Field(
        default="honeybee", description="which rules give a page its category; see the README for both"
    )
    max_file_bytes: int = Field(default=MAX_BYTES, gt=0, description="of one file, unpacked")
    max_file_urls: int = Field(default=50_000, gt=0, description="read from one file; what follows is left out")
    max_depth: int = Field(default=3, ge=0, description="how deep indexes may list indexes")
    max_children: int = Field(default=1_000, ge=0, description="files an index may lead to, at any depth")
    max_urls: int = Field(default=500_000, gt=0, description="kept from one sitemap with all its children")
    max_seconds: float = Field(
        default=1_500, gt=0, description="after which no further child is read; keep it below the workflow's timeout"
    )
    follow_foreign_sitemaps: bool = Field(
        default=False, description="whether an index may lead to files of another registrable domain"
    )
    fetch: SitemapFetchSettings = Field(
        default_factory=SitemapFetchSettings, description="how far one fetch may go; see curation-fetch"
    )
