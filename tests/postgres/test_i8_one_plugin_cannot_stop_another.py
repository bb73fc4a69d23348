"""I8: a plugin that hangs, raises or returns nonsense fails its own items, and the other workflow's rows complete."""

import asyncio
import logging
import sys
import threading
from datetime import timedelta

import pytest
from lab.beside import ENDLESS, ONCE, Unreadable, beside_another
from lab.plugins import plugin_of, return_orders
from lab.tables import pages_workflow, quick

from curation_core import Done, Fail, Outcome, Policy, Skip


class Improvised(Outcome):
    pass


async def raises_system_exit(item):
    sys.exit(3)


async def raises_keyboard_interrupt(item):
    raise KeyboardInterrupt


async def raises_cancelled(item):
    raise asyncio.CancelledError


async def raises_generator_exit(item):
    raise GeneratorExit


async def raises_what_has_no_text(item):
    raise Unreadable


async def raises_what_no_database_stores(item):
    raise ValueError("a file called \udcff\x00")


async def fails_with_what_no_database_stores(item):
    return Fail("a file called \udcff\x00")


async def returns_a_class(item):
    return Done


async def returns_an_exception(item):
    return ValueError("meant to be raised")


async def returns_a_coroutine(item):
    return asyncio.sleep(0)


async def returns_an_unknown_outcome(item):
    return Improvised()


async def returns_false(item):
    return False


def exits_its_thread(item):
    sys.exit(3)


def stops_the_iteration(item):
    raise StopIteration


async def hangs(item):
    await asyncio.Event().wait()


def hangs_in_a_thread(item):
    threading.Event().wait(ENDLESS)


async def swallows_its_cancellation_once(item):
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return "done after all"


async def cancels_itself(item):
    asyncio.current_task().cancel()
    await asyncio.sleep(0)


@pytest.fixture
def unlogged():
    """Log nothing: pytest-xdist can't carry a text that is not Unicode."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    ("process_item", "reason"),
    [
        (raises_system_exit, "SystemExit: 3"),
        (raises_keyboard_interrupt, "KeyboardInterrupt"),
        (raises_cancelled, "CancelledError"),
        (raises_generator_exit, "GeneratorExit"),
        (raises_what_has_no_text, "Unreadable"),
        (returns_a_class, "return an instance of an outcome"),
        (returns_an_exception, "return an instance of an outcome, or raise"),
        (returns_a_coroutine, "which nobody awaited"),
        (returns_an_unknown_outcome, "Improvised is no outcome that the engine knows"),
        (returns_false, "return Fail(reason) or raise"),
        (exits_its_thread, "SystemExit: 3"),
        (stops_the_iteration, "StopIteration"),
        (cancels_itself, "CancelledError"),
    ],
)
async def test_what_a_plugin_raises_or_returns_is_its_items_error_alone(lab, process_item, reason):
    for page in await beside_another(lab, plugin_of(pages_workflow(), process_item)):
        assert page.status == "Error"
        assert reason in page.error


@pytest.mark.parametrize("process_item", [raises_what_no_database_stores, fails_with_what_no_database_stores])
async def test_a_reason_that_is_no_unicode_is_stored_all_the_same(lab, unlogged, process_item):
    for page in await beside_another(lab, plugin_of(pages_workflow(), process_item)):
        assert page.status == "Error"
        assert "a file called" in page.error


@pytest.mark.parametrize("process_item", [hangs, hangs_in_a_thread, swallows_its_cancellation_once])
async def test_an_attempt_that_takes_too_long_fails_by_its_time_limit(lab, process_item):
    policy = quick(timeout=timedelta(milliseconds=50), **ONCE)
    for page in await beside_another(lab, plugin_of(pages_workflow(), process_item), policy):
        assert page.status == "Error"
        assert page.error == "TimeoutError: the attempt took longer than 0.05 s"


def on_error_raises(item, error, attempt):
    raise RuntimeError("second")


def on_error_exits(item, error, attempt):
    sys.exit(4)


def on_error_returns_nonsense(item, error, attempt):
    return "again"


def on_error_improvises(item, error, attempt):
    return Improvised()


@pytest.mark.parametrize(
    ("on_error", "reason"),
    [
        (on_error_raises, "ValueError: first; then on_error raised RuntimeError: second"),
        (on_error_exits, "ValueError: first; then on_error raised SystemExit: 4"),
        (on_error_returns_nonsense, "on_error returned 'again', which is no Outcome"),
        (on_error_improvises, "Improvised is no outcome that the engine knows"),
    ],
)
async def test_an_on_error_that_is_wrong_itself_fails_the_item_with_both_texts(lab, on_error, reason):
    async def process_item(item):
        raise ValueError("first")

    for page in await beside_another(lab, plugin_of(pages_workflow(), process_item, on_error=on_error)):
        assert page.status == "Error"
        assert reason in page.error


async def test_observers_that_raise_are_logged_and_nothing_else(lab, caplog):
    def raises(*_):
        raise RuntimeError("an observer")

    def on_settled(workflow):
        raises()

    def on_claimed(workflow):
        raises()

    plugin = plugin_of(pages_workflow(), return_orders, on_settled=on_settled, on_claimed=on_claimed)
    pages = await beside_another(lab, plugin)
    assert [page.status for page in pages] == ["Completed"] * 3
    assert "on_settled raised; the items are not affected" in caplog.text


async def test_a_skip_by_on_error_skips(lab):
    async def process_item(item):
        raise ValueError("gone")

    def on_error(item, error, attempt):
        return Skip("the page is gone")

    pages = await beside_another(lab, plugin_of(pages_workflow(), process_item, on_error=on_error), Policy(every=3600))
    assert [(page.status, page.error) for page in pages] == [("Completed", None)] * 3
    assert set(await lab.outcomes()) == {"done", "skipped"}
