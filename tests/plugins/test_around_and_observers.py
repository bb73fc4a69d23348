"""The hooks of those who watch: around every item, and after every commit."""

import logging

import pytest

from curation_core import Attempt
from curation_core.errors import PluginError
from curation_core.host import Host

ATTEMPT = Attempt(workflow="pages", item="[1]")


async def echo(item):
    return item


def around(name, seen):
    async def around_item(call_next, attempt):
        seen.append(f"{name} before {attempt.item}")
        result = await call_next()
        seen.append(f"{name} after {result}")
        return f"{name}({result})"

    return around_item


async def test_the_first_plugin_by_name_is_outermost_whatever_the_order_of_registration(plugin):
    seen, host = [], Host()
    host.register(plugin(around_item=around("b", seen)), "b")
    host.register(plugin(process_item=echo), "pages")
    host.register(plugin(around_item=around("a", seen)), "a")

    assert await host.workflows["pages"].process("x", ATTEMPT, None, None) == "a(b(x))"
    assert seen == ["a before [1]", "b before [1]", "b after x", "a after b(x)"]


async def test_a_plugin_registered_later_is_around_items_too(plugin):
    host = Host()
    host.register(plugin(process_item=echo), "pages")
    assert await host.workflows["pages"].process("x", ATTEMPT, None, None) == "x"

    host.register(plugin(around_item=around("late", [])), "late")

    assert await host.workflows["pages"].process("x", ATTEMPT, None, None) == "late(x)"


async def test_around_sees_the_items_exception(plugin):
    seen, host = [], Host()

    async def fails():
        raise LookupError

    async def around_item(call_next):
        try:
            return await call_next()
        except LookupError:
            seen.append("LookupError")
            raise

    host.register(plugin(process_item=fails), "pages")
    host.register(plugin(around_item=around_item), "watcher")

    with pytest.raises(LookupError):
        await host.workflows["pages"].process("x", ATTEMPT, None, None)
    assert seen == ["LookupError"]


async def test_around_may_answer_in_the_items_place(plugin):
    seen, host = [], Host()

    async def process_item(item):
        seen.append(item)

    async def around_item(item):
        return f"cached {item}"

    host.register(plugin(process_item=process_item), "pages")
    host.register(plugin(around_item=around_item), "cache")

    assert await host.workflows["pages"].process("x", ATTEMPT, None, None) == "cached x"
    assert seen == []


async def test_call_next_can_be_called_once(plugin):
    seen, host = [], Host()

    async def process_item(item):
        seen.append(item)

    async def around_item(call_next):
        await call_next()
        await call_next()

    host.register(plugin(process_item=process_item), "pages")
    host.register(plugin(around_item=around_item), "insistent")

    with pytest.raises(PluginError, match="around_item of plugin 'insistent' called call_next twice"):
        await host.workflows["pages"].process("x", ATTEMPT, None, None)
    assert seen == ["x"]


def test_observers_get_what_they_name_by_plugin_name(plugin):
    seen, host = [], Host()
    host.register(plugin(on_settled=lambda outcome, workflow: seen.append(("b", workflow, outcome))), "b")
    host.register(plugin(on_settled=lambda seconds, attempt: seen.append(("a", attempt, seconds))), "a")

    host.observers.settled("pages", "[1]", "done", "", 2, 0.5)

    assert seen == [("a", 2, 0.5), ("b", "pages", "done")]


def test_every_observer_hook_has_its_call(plugin):
    seen, host = [], Host()
    everything = {
        "on_claimed": lambda workflow, items: seen.append((workflow, items)),
        "on_settled": lambda workflow, item, outcome, reason, attempt, seconds: seen.append(
            (workflow, item, outcome, reason, attempt, seconds)
        ),
        "on_rescued": lambda workflow, item, outcome, reason: seen.append((workflow, item, outcome, reason)),
        "on_paused": lambda workflow, seconds, reason: seen.append((workflow, seconds, reason)),
    }
    host.register(plugin(**everything), "watcher")

    host.observers.claimed("pages", 3)
    host.observers.settled("pages", "[1]", "failed", "gone", 2, 0.5)
    host.observers.rescued("pages", "[1]", "retry", "its worker died")
    host.observers.paused("pages", 60.0, "quota")

    assert seen == [
        ("pages", 3),
        ("pages", "[1]", "failed", "gone", 2, 0.5),
        ("pages", "[1]", "retry", "its worker died"),
        ("pages", 60.0, "quota"),
    ]


def test_it_can_be_asked_whether_anybody_observes(plugin):
    host = Host()
    assert not host.observers.has_settled

    host.register(plugin(on_settled=lambda: None, on_paused=lambda: None), "watcher")

    observers = host.observers
    assert (observers.has_claimed, observers.has_settled, observers.has_rescued, observers.has_paused) == (
        False,
        True,
        False,
        True,
    )


@pytest.mark.parametrize("error", [ValueError("no disk"), SystemExit(1)])
def test_what_an_observer_raises_is_logged_with_its_name_and_the_next_is_told(plugin, caplog, error):
    seen, host = [], Host()

    def on_claimed():
        raise error

    def told(items):
        seen.append(items)

    host.register(plugin(on_claimed=on_claimed), "clumsy")
    host.register(plugin(on_claimed=told), "next")

    with caplog.at_level(logging.ERROR, "curation_core.host"):
        host.observers.claimed("pages", 3)

    assert seen == [3]
    [record] = caplog.records
    assert record.getMessage() == "plugin 'clumsy': on_claimed raised; the items are not affected"
    assert record.exc_info[1] is error


def test_ctrl_c_in_an_observer_is_not_swallowed(plugin):
    host = Host()

    def on_claimed():
        raise KeyboardInterrupt

    host.register(plugin(on_claimed=on_claimed), "watcher")

    with pytest.raises(KeyboardInterrupt):
        host.observers.claimed("pages", 3)
