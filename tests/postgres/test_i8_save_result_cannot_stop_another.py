"""I8: whatever a plugin's save_result does, its own item fails and everybody else's rows complete."""

import asyncio
from datetime import timedelta

import pytest
from lab.beside import ONCE, Unreadable, beside_another
from lab.plugins import plugin_of, return_orders, save_effect
from lab.tables import Effect, pages_workflow, quick
from sqlalchemy import insert, text


async def save_refuses_b(session, item, result):
    if result == "b":
        raise ValueError("b is not to be saved")
    await save_effect(session, item, result)


async def test_one_item_whose_save_result_raises_fails_and_the_others_of_its_group_are_settled(lab):
    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_refuses_b)
    pages = await beside_another(lab, plugin)
    assert [page.status for page in pages] == ["Completed", "Error", "Completed"]
    assert pages[1].error == "ValueError: b is not to be saved"
    assert (await lab.all(text("select page_id, result from effect order by 1"))) == [(1, "a"), (3, "c")]


@pytest.mark.parametrize(
    "error",
    [
        SystemExit(3),
        asyncio.CancelledError(),
        TimeoutError("the file server"),
        FileNotFoundError("a template"),
        ConnectionResetError("the mail server"),
        Unreadable(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_save_result_raises_is_its_items_error_alone(lab, error):
    async def save_result(session, item, result):
        if result == "b":
            raise error
        await save_effect(session, item, result)

    pages = await beside_another(lab, plugin_of(pages_workflow(), return_orders, save_result=save_result))
    assert [page.status for page in pages] == ["Completed", "Error", "Completed"]
    assert type(error).__name__ in pages[1].error


async def test_a_write_that_the_database_refuses_is_the_items_error_in_the_databases_words(lab):
    await lab.execute(insert(Effect).values(page_id=2, result="there before"))
    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_effect)
    pages = await beside_another(lab, plugin)
    assert [page.status for page in pages] == ["Completed", "Error", "Completed"]
    assert pages[1].error.startswith("UniqueViolationError: duplicate key value violates")


async def commits(session):
    await session.commit()


async def rolls_back(session):
    await session.rollback()


async def closes(session):
    await session.close()


async def leaves_its_context(session):
    async with session:
        pass


async def commits_the_connection(session):
    await (await session.connection()).commit()


async def commits_in_sql(session):
    await session.execute(text("commit"))


async def rolls_back_in_sql(session):
    await session.execute(text("rollback"))


@pytest.mark.parametrize(
    "end", [commits, rolls_back, closes, leaves_its_context, commits_the_connection, commits_in_sql, rolls_back_in_sql]
)
async def test_a_save_result_that_ends_the_transaction_fails_its_item_and_keeps_no_effect(lab, end):
    """I2 as well: whatever it tries, no effect is left without its status."""

    async def save_result(session, item, result):
        await save_effect(session, item, result)
        await session.flush()
        if result == "b":
            await end(session)

    pages = await beside_another(lab, plugin_of(pages_workflow(), return_orders, save_result=save_result))
    assert [page.status for page in pages] == ["Completed", "Error", "Completed"]
    assert (await lab.all(text("select page_id, result from effect order by 1"))) == [(1, "a"), (3, "c")]


async def test_a_save_result_that_hangs_fails_its_item_by_the_time_limit(lab):
    async def save_result(session, item, result):
        if result == "b":
            await asyncio.Event().wait()
        await save_effect(session, item, result)

    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_result)
    pages = await beside_another(lab, plugin, quick(timeout=timedelta(milliseconds=100), **ONCE))
    assert [page.status for page in pages] == ["Completed", "Error", "Completed"]


@pytest.mark.parametrize(
    "setting",
    [text("set search_path to tenant"), text("/* */ SET SESSION search_path = tenant"), text("discard all")],
    ids=["set", "set session", "discard"],
)
async def test_a_save_result_that_changes_the_connection_for_others_fails_its_item(lab, setting):
    """Its connection is the next settle's, perhaps of another workflow."""

    async def save_result(session, item, result):
        await session.execute(text("set local lock_timeout = 100"))
        if result == "b":
            await session.execute(setting)

    plugin = plugin_of(pages_workflow(), return_orders, save_result=save_result)
    pages = await beside_another(lab, plugin)
    assert [page.status for page in pages] == ["Completed", "Error", "Completed"]
    assert "SET LOCAL lasts as long as the transaction" in pages[1].error
