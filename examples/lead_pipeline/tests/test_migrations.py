"""The application's migrations make its models' tables, and take them away again."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncEngine

from lead_pipeline import desk
from lead_pipeline.models import Tables


async def upgrade(url: str) -> None:
    await asyncio.to_thread(desk.migrate, url)


def look(connection: sa.Connection) -> dict[str, Any]:
    inspector = sa.inspect(connection)
    return {
        "tables": set(inspector.get_table_names()) - {"alembic_version"},
        "enums": {enum["name"]: enum["labels"] for enum in inspector.get_enums()},
        "differences": compare_metadata(MigrationContext.configure(connection), Tables.metadata),
        "queues": {
            index["name"]: str(index.get("dialect_options", {}).get("postgresql_where"))
            for table in inspector.get_table_names()
            for index in inspector.get_indexes(table)
            if str(index["name"]).endswith("_queued")
        },
    }


async def test_the_migrations_make_what_the_models_say(url: str, engine: AsyncEngine) -> None:
    await upgrade(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(look)
    assert found["tables"] == set(Tables.metadata.tables)
    assert found["differences"] == []
    assert found["enums"]["sitemap_import_status"] == ["Queued", "Processing", "Complete", "Error"]
    assert found["enums"]["processing_status"] == ["Queued", "Processing", "Completed", "Error"]


async def test_each_queue_has_an_index_on_what_waits_and_room_for_updates(url: str, engine: AsyncEngine) -> None:
    await upgrade(url)
    roomy = sa.text("select relname from pg_class where 'fillfactor=70' = any(reloptions) order by 1")
    async with engine.connect() as connection:
        queues = (await connection.run_sync(look))["queues"]
        tables = ["domains", "local_businesses", "pages", "places_staging", "sitemap_files"]
        assert (await connection.scalars(roomy)).all() == tables
    assert set(queues) == {f"ix_{table}_queued" for table in tables}
    assert all("'queued'" in predicate.lower() for predicate in queues.values())


async def test_upgrading_again_changes_nothing(url: str, engine: AsyncEngine) -> None:
    await upgrade(url)
    await upgrade(url)
    async with engine.connect() as connection:
        assert (await connection.run_sync(look))["differences"] == []


async def test_the_migrations_can_be_taken_back(url: str, engine: AsyncEngine) -> None:
    await upgrade(url)
    config = desk.alembic_config(url)
    await asyncio.to_thread(command.downgrade, config, "0001")
    async with engine.connect() as connection:
        assert (await connection.run_sync(look))["queues"] == {}
    await asyncio.to_thread(command.downgrade, config, "base")
    async with engine.connect() as connection:
        found = await connection.run_sync(look)
    assert (found["tables"], found["enums"]) == (set(), {})


async def test_autogenerate_leaves_the_engine_s_schema_alone(url: str, engine: AsyncEngine) -> None:
    await upgrade(url)
    async with engine.begin() as connection:
        await connection.execute(sa.text("create schema curation"))
        await connection.execute(sa.text("create table curation.claim (item text)"))
    async with engine.connect() as connection:
        assert (await connection.run_sync(look))["differences"] == []


async def test_alembic_s_own_commands_work_in_the_example_s_folder(url: str) -> None:
    def alembic(*words: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "alembic", *words],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "CURATION_DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout

    await asyncio.to_thread(alembic, "upgrade", "head")
    assert "No new upgrade operations detected" in await asyncio.to_thread(alembic, "check")
    assert "0002 (head)" in await asyncio.to_thread(alembic, "current")
