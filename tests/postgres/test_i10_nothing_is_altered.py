"""I10: nothing runs DDL at start-up or at work, and nothing in the user's tables is altered."""

import pytest
from lab.plugins import plugin_of, return_orders, save_effect
from lab.tables import pages_workflow, quick
from sqlalchemy import text

GUARD = (
    text("create table ddl (tag text)"),
    text(
        "create function note_ddl() returns event_trigger language plpgsql as "
        "$$ begin insert into ddl values (tg_tag); end $$"
    ),
    text("create event trigger note_ddl on ddl_command_start execute function note_ddl()"),
)
STRUCTURE = (
    text(
        "select c.oid, n.nspname, c.relname, c.relkind, c.reloptions, c.relfilenode, c.relhastriggers, "
        "pg_get_userbyid(c.relowner), c.relacl::text from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by c.oid"
    ),
    text(
        "select attrelid, attname, atttypid, atttypmod, attnotnull, attnum from pg_attribute order by attrelid, attnum"
    ),
    text("select oid, conname, pg_get_constraintdef(oid) from pg_constraint order by oid"),
    text("select indexrelid, pg_get_indexdef(indexrelid) from pg_index order by indexrelid"),
    text("select oid, tgname, tgrelid from pg_trigger order by oid"),
    text("select oid, typname from pg_type order by oid"),
    text("select oid, proname from pg_proc order by oid"),
    text("select oid, extname from pg_extension order by oid"),
    text("select * from pg_enum order by oid"),
)


async def structure(lab):
    """All that the catalogs say of the database's shape."""
    return [await lab.all(query) for query in STRUCTURE]


async def test_a_run_from_start_to_end_leaves_the_catalogs_as_they_were(lab):
    for statement in GUARD:
        await lab.execute(statement)
    await lab.add_pages(*["ok"] * 20)
    before = await structure(lab)
    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_effect)
    async with lab.host({"pages": plugin}, policies={"pages": quick(max_in_flight=5)}) as engine:
        await lab.eventually(lambda: engine.counts.get("pages", {}).get("done") == 20)
    assert await structure(lab) == before
    assert await lab.all(text("select tag from ddl")) == []


async def test_a_role_that_may_not_create_anything_can_run_a_host(lab):
    await lab.add_pages(*["ok"] * 5)
    for statement in (
        text("create role worker_without_ddl login"),
        text("revoke create on schema public from public"),
        text("grant usage on schema curation to worker_without_ddl"),
        text("grant select, insert, update, delete on all tables in schema curation to worker_without_ddl"),
        text("grant usage on all sequences in schema curation to worker_without_ddl"),
        text("grant select, update on page to worker_without_ddl"),
        text("grant insert, select on effect to worker_without_ddl"),
    ):
        await lab.execute(statement)
    try:
        owner, lab.url = lab.url, lab.url_of("worker_without_ddl")
        plugin = plugin_of(pages_workflow(), return_orders, save_result=save_effect)
        summary = await lab.until_idle({"pages": plugin}, policies={"pages": quick()})
        assert summary.counts == {"pages": {"done": 5}}
    finally:
        lab.url = owner
        await lab.execute(text("drop owned by worker_without_ddl"))
        await lab.execute(text("drop role worker_without_ddl"))


@pytest.mark.parametrize("column", ["id", "orders", "curation", "updated_at"])
async def test_of_a_row_only_status_and_error_are_written(lab, column):
    """A statement that named another column would be refused: the right to it is missing."""
    await lab.add_pages(*["ok"] * 3, "retry")
    columns = {
        "id": text("create trigger only_status before update of id on page for each row execute function refuse()"),
        "orders": text("create trigger t before update of orders on page for each row execute function refuse()"),
        "curation": text("create trigger t before update of curation on page for each row execute function refuse()"),
        "updated_at": text(
            "create trigger t before update of updated_at on page for each row execute function refuse()"
        ),
    }
    await lab.execute(
        text("create function refuse() returns trigger language plpgsql as $$ begin raise 'not yours'; end $$")
    )
    await lab.execute(columns[column])
    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_effect)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick()})
    assert await lab.statuses() == {"Completed": 4}
