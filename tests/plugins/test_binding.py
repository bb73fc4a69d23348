"""What a plugin's hooks get, and what the engine gets of them."""

import asyncio
import threading
from contextlib import asynccontextmanager
from contextvars import ContextVar

import pytest

from curation_core import Attempt, Retry
from curation_core.errors import PluginError

ATTEMPT = Attempt(workflow="pages", item="[1]")
WORDS = ContextVar("WORDS", default="none")


async def every(item, attempt, resources, settings):
    return item, attempt, resources, settings


async def swapped(settings, item):
    return settings, item


async def nothing():
    return "nothing"


def plainly(resources, attempt):
    return resources, attempt


@pytest.mark.parametrize(
    ("process_item", "expected"),
    [
        (every, ("item", ATTEMPT, "resources", "settings")),
        (swapped, ("settings", "item")),
        (nothing, "nothing"),
        (plainly, ("resources", ATTEMPT)),
    ],
)
async def test_a_hook_gets_the_parameters_it_names_and_no_others(bound, process_item, expected):
    workflow = bound(process_item=process_item)

    assert await workflow.process("item", ATTEMPT, "resources", "settings") == expected


async def test_the_other_hooks_get_the_parameters_they_name_too(bound):
    async def save_result(result, session):
        session.append(result)

    def on_error(error):
        return Retry(reason=str(error))

    @asynccontextmanager
    async def lifespan():
        yield "opened"

    workflow = bound(process_item=nothing, save_result=save_result, on_error=on_error, lifespan=lifespan)
    session = []
    await workflow.save(session, "item", "result")

    assert session == ["result"]
    assert workflow.on_error("item", ValueError("no answer"), ATTEMPT) == Retry(reason="no answer")
    async with workflow.lifespan("settings", None) as resources:
        assert resources == "opened"


def test_hooks_that_a_plugin_does_not_have_are_none(bound):
    workflow = bound(process_item=nothing)

    assert (workflow.save, workflow.on_error, workflow.lifespan) == (None, None, None)


def test_a_bound_workflow_carries_its_declaration_and_its_final_report(bound, workflow):
    bound_workflow = bound(process_item=nothing)

    assert bound_workflow.workflow is workflow
    assert bound_workflow.report.hooks == ("declare_workflow", "process_item")
    assert bound_workflow.report.seconds > 0


def test_a_lifespan_that_returns_no_async_context_manager_is_refused_when_it_is_called(bound):
    def lifespan(settings):
        return settings

    workflow = bound(process_item=nothing, lifespan=lifespan)

    with pytest.raises(
        PluginError, match="'pages': lifespan returned dict, which is no async context manager: put @as"
    ):
        workflow.lifespan({}, None)


async def test_an_async_hook_runs_on_the_loop_and_a_plain_one_in_a_thread(bound):
    async def on_the_loop():
        return threading.get_ident()

    assert await bound(process_item=on_the_loop).process(None, ATTEMPT, None, None) == threading.get_ident()
    assert await bound(process_item=threading_ident).process(None, ATTEMPT, None, None) != threading.get_ident()


def threading_ident():
    return threading.get_ident()


async def test_a_plain_hook_sees_the_context_variables_of_its_item(bound):
    def process_item():
        return WORDS.get()

    WORDS.set("item 1")

    assert await bound(process_item=process_item).process(None, ATTEMPT, None, None) == "item 1"


async def test_what_an_async_hook_behind_a_plain_decorator_returns_is_awaited(bound):
    def process_item(item):
        return every(item, ATTEMPT, None, None)

    result = await bound(process_item=process_item).process("item", ATTEMPT, None, None)

    assert result == ("item", ATTEMPT, None, None)


async def test_a_cancelled_item_is_cancelled(bound):
    begun = asyncio.Event()

    async def process_item():
        begun.set()
        await asyncio.Event().wait()

    running = asyncio.ensure_future(bound(process_item=process_item).process(None, ATTEMPT, None, None))
    await begun.wait()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running


async def test_an_item_that_runs_out_of_time_ends_as_timeout(bound):
    async def process_item():
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await bound(process_item=process_item).process(None, ATTEMPT, None, None)
