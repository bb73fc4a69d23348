"""The engine's own tables: made by migrations, the same as the code believes, by one upgrade, by two, and by a file."""

import asyncio

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from lab.laboratory import Laboratory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from curation_core._store import Store
from curation_core.errors import DatabaseUnreachable, LedgerError
from curation_core.ledger import Ledger, migrate, revision
from curation_core.settings import DatabaseSettings

SHAPE = text(
    "select c.relname, c.relkind::text, c.reloptions::text, a.attname, format_type(a.atttypid, a.atttypmod), "
    "a.attnotnull, pg_get_expr(d.adbin, d.adrelid), obj_description(c.oid, 'pg_class'), pg_get_indexdef(c.oid) "
    "from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_attribute a on a.attrelid = c.oid "
    "and a.attnum > 0 left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum "
    "where n.nspname = 'curation' order by c.relname, a.attnum"
)
CHECKS = text(
    "select conname, pg_get_constraintdef(oid) from pg_constraint "
    "where connamespace = 'curation'::regnamespace order by 1"
)


@pytest.fixture
async def empty(empty_database_url, eventually):
    """A laboratory without the engine's tables."""
    return Laboratory(empty_database_url, eventually)


@pytest.fixture
async def engine(empty):
    """Connections to it."""
    engine = create_async_engine(empty.url, poolclass=NullPool)
    yield engine
    await engine.dispose()


async def shape(lab):
    """What the catalogs say of the engine's schema."""
    return await lab.all(SHAPE), await lab.all(CHECKS)


@pytest.mark.parametrize("schema", ["curation", "somewhere_else"])
async def test_the_migrations_make_what_the_code_believes(engine, schema):
    await migrate.upgrade(engine, schema)

    def differences(connection):
        options = {
            "version_table_schema": schema,
            "include_schemas": True,
            "compare_server_default": True,
            "include_name": lambda name, kind, _: kind != "schema" or name == schema,
        }
        return compare_metadata(MigrationContext.configure(connection, opts=options), Ledger(schema).metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_second_upgrade_changes_nothing(engine, empty):
    assert await migrate.upgrade(engine) == migrate.newest() == revision.NEEDED
    before = await shape(empty)
    assert await migrate.upgrade(engine) == migrate.newest()
    assert await shape(empty) == before


async def test_upgrades_at_once_run_one_after_the_other(engine, empty):
    assert await asyncio.gather(*(migrate.upgrade(engine) for _ in range(5))) == [migrate.newest()] * 5
    assert await empty.all(text("select version_num from curation.alembic_version")) == [(migrate.newest(),)]


async def test_an_upgrade_that_fails_leaves_nothing_behind(engine, empty):
    """The last of the tables is there already, and is somebody else's."""
    await empty.execute(text("create schema curation"))
    await empty.execute(text("create table curation.control (id integer)"))
    with pytest.raises(Exception, match="control"):
        await migrate.upgrade(engine)
    assert {row[0] for row in await empty.all(SHAPE)} == {"control"}


async def test_the_printed_statements_make_the_same_tables(engine, empty, database_url, eventually):
    script = migrate.upgrade_sql()
    connection = await asyncpg.connect(empty.url.replace("+asyncpg", ""))
    await connection.execute(script)
    await connection.close()
    assert await shape(empty) == await shape(Laboratory(database_url, eventually))
    assert await revision.current(engine) == migrate.newest()


async def test_the_printed_statements_are_one_transaction():
    lines = [line for line in migrate.upgrade_sql().splitlines() if line.strip()]
    assert (lines[0], lines[-1]) == ("BEGIN;", "COMMIT;")


async def test_two_schemas_in_one_database_are_two_ledgers(engine, empty):
    await migrate.upgrade(engine, "one")
    assert await revision.current(engine, "two") is None
    await migrate.upgrade(engine, "two")
    assert await revision.current(engine, "two") == migrate.newest()


async def checked(lab, **settings):
    store = Store(lab.url, DatabaseSettings(**settings))
    try:
        await store.check()
    finally:
        await store.close()


async def test_a_ledger_that_fits_passes_the_check(lab):
    await checked(lab)


async def test_a_missing_ledger_is_named_with_the_remedy(empty):
    with pytest.raises(LedgerError, match="schema 'curation' has no engine tables yet: run `curation db upgrade`"):
        await checked(empty)


async def test_a_schema_without_a_revision_is_a_missing_ledger(empty):
    await empty.execute(text("create schema curation"))
    with pytest.raises(LedgerError, match="has no engine tables yet"):
        await checked(empty)


@pytest.mark.parametrize("revision", ["0000", "9999"])
async def test_an_older_and_a_newer_ledger_are_told_apart_from_a_fitting_one(lab, revision):
    await lab.execute(text("update curation.alembic_version set version_num = :revision"), {"revision": revision})
    with pytest.raises(LedgerError, match=f"are at revision {revision}, this version needs {migrate.newest()}"):
        await checked(lab)


async def test_a_ledger_in_another_schema_is_looked_for_there(lab):
    with pytest.raises(LedgerError, match="schema 'elsewhere'"):
        await checked(lab, ledger_schema="elsewhere")


async def test_a_database_that_does_not_answer_is_named_without_its_password():
    store = Store("postgresql+asyncpg://user:secret@127.0.0.1:1/nowhere", DatabaseSettings())
    with pytest.raises(DatabaseUnreachable) as caught:
        await store.check()
    await store.close()
    assert "127.0.0.1:1/nowhere" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_a_database_that_does_not_exist_is_told(lab):
    lab.url = lab.url.replace("/curation_", "/no_such_")
    with pytest.raises(DatabaseUnreachable, match="does not exist"):
        await checked(lab)
