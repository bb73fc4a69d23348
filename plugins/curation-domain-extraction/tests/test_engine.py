"""The whole way: the real command works the queued businesses of the real tables, whatever they are called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

Command = Callable[..., Awaitable[tuple[int, str]]]
WEBSITES = {
    "https://www.Joes.com/menu": ("Completed", None),
    "N/A": ("Completed", None),
    "https://facebook.com/joes": ("Completed", None),
    "mailto:joe@joes.com": ("Error", "not_web: mailto: is not a web address"),
    "joes.com": ("Completed", None),
}
RENAMED = """
[workflows.domain-extraction.table]
name = "firms"
schema = "crm"
columns.website_url = "homepage"
columns.domain_extraction_status = "step"
columns.domain_extraction_error = "complaint"
columns.updated_at = "touched_at"

[workflows.domain-extraction.tables.domains]
name = "sites"
schema = "crm"
columns.id = "site_id"
columns.domain = "host"
columns.status = "state"
columns.local_business_id = "firm_id"
columns.tenant_id = "owner"
columns.meta_json = "more"
columns.sitemap_curation_status = "curation"
columns.sitemap_analysis_status = "analysis"
"""
RENAME = (
    "create schema crm",
    "alter table local_businesses rename website_url to homepage",
    "alter table local_businesses rename domain_extraction_status to step",
    "alter table local_businesses rename domain_extraction_error to complaint",
    "alter table local_businesses rename updated_at to touched_at",
    "alter table local_businesses rename to firms",
    "alter table firms set schema crm",
    "alter table domains rename id to site_id",
    "alter table domains rename domain to host",
    "alter table domains rename status to state",
    "alter table domains rename local_business_id to firm_id",
    "alter table domains rename tenant_id to owner",
    "alter table domains rename meta_json to more",
    "alter table domains rename sitemap_curation_status to curation",
    "alter table domains rename sitemap_analysis_status to analysis",
    "alter table domains rename to sites",
    "alter table sites set schema crm",
)


@pytest.fixture
def curation(engine: AsyncEngine, curation_command: Command) -> Command:
    """Run the command on the tables; returns its exit code and what it said."""
    return partial(curation_command, engine.url.render_as_string(hide_password=False))


async def queue(engine: AsyncEngine) -> None:
    names = ("id", "tenant_id", "website_url", "domain_extraction_status")
    businesses = sa.table("local_businesses", *map(sa.column, names))
    queued: sa.BindParameter[str] = sa.bindparam("queued", "Queued", literal_execute=True)
    async with engine.begin() as connection:
        for website in WEBSITES:
            values = {"id": uuid4(), "tenant_id": None, "website_url": website, "domain_extraction_status": queued}
            await connection.execute(sa.insert(businesses).values(values))


async def rows(engine: AsyncEngine, statement: sa.TextClause) -> list[tuple[Any, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(statement)]


async def test_queued_businesses_become_domains_and_every_row_ends_with_its_word(
    engine: AsyncEngine, curation: Command
) -> None:
    await queue(engine)
    code, output = await curation("db", "upgrade")
    assert code == 0, output
    code, output = await curation("run", "--workflow", "domain-extraction", "--until-idle")
    assert code == 1, output
    told = sa.text("select website_url, domain_extraction_status::text, domain_extraction_error from local_businesses")
    assert {url: (word, error) for url, word, error in await rows(engine, told)} == WEBSITES
    assert await rows(engine, sa.text("select domain, status::text from domains")) == [("joes.com", "pending")]


async def test_tables_and_columns_may_be_called_otherwise(engine: AsyncEngine, curation: Command) -> None:
    await queue(engine)
    async with engine.begin() as connection:
        for statement in map(sa.DDL, RENAME):
            await connection.execute(statement)
    try:
        code, output = await curation("db", "upgrade", configuration=RENAMED)
        assert code == 0, output
        run = ("run", "--workflow", "domain-extraction", "--until-idle")
        code, output = await curation(*run, configuration=RENAMED)
        assert code == 1, output
        told = sa.text("select homepage, step::text, complaint from crm.firms")
        assert {url: (word, error) for url, word, error in await rows(engine, told)} == WEBSITES
        found = sa.text(
            "select host, state::text, curation::text, analysis::text, more->>'kind', homepage "
            "from crm.sites join crm.firms on firms.id = firm_id"
        )
        ((host, *words, website),) = await rows(engine, found)
        assert (host, words) == ("joes.com", ["pending", "New", None, "own"])
        assert website in {"https://www.Joes.com/menu", "joes.com"}
    finally:
        async with engine.begin() as connection:
            await connection.execute(sa.text("drop schema crm cascade"))
            await connection.execute(sa.text("drop table if exists domain_local_businesses"))
