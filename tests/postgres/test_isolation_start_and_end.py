"""I8 with ``isolation = "process"``: how children start, what they are given, and that none outlives its host."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

import pytest
from lab.children import apart, children_of, is_alive, members_of
from lab.plugins import plugin_of, return_orders
from lab.tables import Effect, Page, pages_workflow
from pydantic import BaseModel
from sqlalchemy import select

from curation_core import Attempt, Policy, hookimpl
from curation_core._child import __main__ as script
from curation_core._child import isolated
from curation_core._child.children import Children
from curation_core.host import Host

SUPPORT = Path(__file__).resolve().parents[1] / "support"


@pytest.fixture(autouse=True)
def no_child_is_left():
    yield
    assert children_of() == []


# -- a host in a process of its own --------------------------------------------------------------------------------


@asynccontextmanager
async def running_host(lab, site, **environ):
    """``curation run``, which finds the plugin by its entry point."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "curation_core", "run",
        env={
            **os.environ,
            "CURATION_DATABASE_URL": lab.url.replace("+asyncpg", ""),
            "CURATION_PLUGINS": "unruly",
            "CURATION_HOST__SWEEP_EVERY": "0.1",
            "CURATION_WORKFLOWS__UNRULY__EVERY": "0.2",
            "PYTHONPATH": os.pathsep.join([str(site), str(SUPPORT)]),
            **environ,
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_children_are_gone_when_their_host_is_killed_even_those_that_hold_the_interpreter(lab, site, eventually):
    await lab.add_pages("hold_the_interpreter", "hang", "start_others", "await nothing")
    async with running_host(lab, site, CURATION_WORKFLOWS__UNRULY__CONCURRENCY="4") as host:
        await eventually(lambda: len(children_of(host.pid)) == 4, deadline=60)
        await eventually(lambda: members_of(children_of(host.pid)) == 6, deadline=60)  # with a fork and a program
        children = children_of(host.pid)
        host.kill()
        await eventually(lambda: members_of(children) == 0)


async def test_children_are_gone_when_their_host_is_killed_though_a_fork_of_the_host_lives_on(site, eventually):
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(SUPPORT)])}
    host = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FORKING, env=environ, stdout=asyncio.subprocess.PIPE
    )
    fork = int(await host.stdout.readline())
    (child,) = children_of(host.pid)
    host.kill()
    try:
        await eventually(lambda: not is_alive(child))
        assert is_alive(fork)
    finally:
        os.kill(fork, signal.SIGKILL)
        await host.communicate()


FORKING = """
import asyncio, os, signal
import unruly.plugin
from curation_core import Policy
from curation_core._child.children import Children
from curation_core.host import Host

async def main():
    host = Host()
    host.register(unruly.plugin, "unruly")
    async with Children(host.workflows["unruly"], Policy(isolation="process"), None):
        if fork := os.fork():
            print(fork, flush=True)
        signal.pause()

asyncio.run(main())
"""


async def both_run(lab):
    return await lab.statuses() == {"Processing": 2}


async def test_signals_to_all_processes_of_a_host_let_running_items_finish(lab, site, eventually, tmp_path):
    cue = tmp_path / "cue"
    await lab.add_pages(f"wait_for {cue}", f"await {cue}")
    async with running_host(lab, site, CURATION_WORKFLOWS__UNRULY__CONCURRENCY="2") as host:
        await eventually(lambda: len(children_of(host.pid)) == 2, deadline=60)
        await eventually(lambda: both_run(lab), deadline=60)
        for pid in [*children_of(host.pid), host.pid]:
            os.kill(pid, signal.SIGTERM)
        for pid in children_of(host.pid):
            os.kill(pid, signal.SIGINT)
        cue.touch()
        output, _ = await host.communicate()
    assert await lab.statuses() == {"Completed": 2}, output.decode()
    assert host.returncode == 128 + signal.SIGTERM


async def test_a_child_gets_its_settings_and_no_address_of_the_database(lab, site, eventually):
    await lab.add_pages("tell_environment CURATION_DATABASE_URL", "tell_environment PGPASSWORD", "count")
    await lab.add_pages("tell_environment COLOUR")
    given = {
        "PGPASSWORD": "hunter2",
        "COLOUR": "green",
        "CURATION_WORKFLOWS__UNRULY__SETTINGS__KEY": "sesame",
    }
    async with running_host(lab, site, **given):
        await eventually(lambda: all_pages_completed(lab), deadline=60)
    results = dict((await lab.execute(select(Effect.page_id, Effect.result))).all())
    assert results[1] == results[2] == "not set"
    assert results[3].endswith(" sesame")
    assert results[4] == "green"


async def all_pages_completed(lab):
    return await lab.statuses() == {"Completed": 4}


# -- at the start, and at the end ----------------------------------------------------------------------------------


async def faults(lab, plugin, policy=None):
    await lab.add_pages("tell_pid")
    summary = await lab.until_idle({"unruly": plugin}, policies={"unruly": policy or apart()})
    assert await lab.statuses() == {"Queued": 1}
    return summary.faults["unruly"]


async def test_a_plugin_that_no_child_could_import_is_refused_at_the_start(lab):
    fault = await faults(lab, plugin_of(pages_workflow(), return_orders))
    assert 'isolation = "process": a child process can\'t import plugin: give the plugin an entry point' in fault


async def test_a_plugin_that_wants_sessions_in_its_lifespan_is_refused_at_the_start(lab, site):
    (site / "wanting.py").write_text(WANTING)
    assert "its lifespan asks for sessions, and a child process opens no database" in await faults(
        lab, import_module("wanting")
    )


WANTING = """
from contextlib import asynccontextmanager
from lab.tables import pages_workflow
from curation_core import hookimpl

@hookimpl
def declare_workflow():
    return pages_workflow()

@hookimpl
@asynccontextmanager
async def lifespan(sessions):
    yield

@hookimpl
async def process_item(item):
    return None
"""


def children(plugin, policy, settings=None, **more):
    host = Host()
    host.register(plugin, "unruly")
    return Children(host.workflows["unruly"], policy, settings, **more)


async def both_children(pool, folder):
    """Run two items at once. Returns the numbers of the processes that they met in."""
    (folder / "meeting").mkdir()
    return await asyncio.gather(*[process(pool, f"meet {folder / 'meeting'}") for _ in range(2)])


async def process(pool, orders):
    return await pool.process(Page(id=1, orders=orders), Attempt("unruly", "[1]"))


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("raise_value_error no", "PluginError: ValueError: no (unruly/acts.py, line "),
        ("segfault", "ChildDied: the child process was ended by SIGSEGV before it was ready for its first item"),
        ("exit_politely", "PluginError: SystemExit: 3"),
        ("eat_memory 1000", "PluginError: MemoryError"),
        ("hang", "PluginError: a child process was not ready within 4 s, the workflow's timeout"),
    ],
)
async def test_a_lifespan_that_cannot_be_entered_is_told_at_the_start(unruly, act, said):
    policy = apart(memory_limit="300MB", timeout=4)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - of several types, by their texts
        async with children(unruly, policy, unruly.Options(on_entering=act)):
            pytest.fail("it was entered")
    assert f"{type(raised.value).__name__}: {raised.value}".startswith(said)


async def test_a_signal_that_comes_while_a_child_starts_does_not_end_it(unruly):
    pool = children(unruly, apart())
    entering = asyncio.create_task(pool.__aenter__())
    while not entering.done():
        for pid in children_of():
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGINT)
        await asyncio.sleep(0.01)
    await entering
    assert (await process(pool, "tell_pid")).isdigit()
    await pool.__aexit__()


async def test_settings_that_cannot_be_sent_are_told_at_the_start(unruly):
    class Local(BaseModel):
        pass

    with pytest.raises(Exception, match="its settings can't be sent between processes"):
        await children(unruly, apart(), Local()).__aenter__()


async def test_every_child_leaves_its_lifespan_at_the_end(unruly, tmp_path):
    journal = tmp_path / "journal"
    pool = children(unruly, apart(concurrency=2), unruly.Options(journal=str(journal)))
    async with pool:
        pids = await both_children(pool, tmp_path)
    assert {f"left {pid}" for pid in pids} == set(journal.read_text().splitlines())


async def test_a_child_that_is_not_needed_any_more_ends_and_the_last_one_stays(unruly, eventually, tmp_path):
    pool = children(unruly, apart(concurrency=2), idle_for=0.2)
    async with pool:
        await both_children(pool, tmp_path)
        await eventually(lambda: len(children_of()) == 1)
        assert (await process(pool, "tell_pid")).isdigit()


async def test_a_child_that_died_while_it_was_idle_costs_no_item(unruly, eventually, caplog):
    pool = children(unruly, apart(concurrency=1))
    async with pool:
        former = int(await process(pool, "tell_pid"))
        os.kill(former, signal.SIGKILL)
        await eventually(lambda: not is_alive(former))
        await eventually(lambda: not any(child.is_alive for child in pool._alive))  # noqa: SLF001 - what the host has heard of, and no event tells
        assert int(await process(pool, "tell_pid")) != former
    assert "ended while it had no item" in caplog.text


async def test_around_item_wraps_in_the_host(unruly):
    seen = []

    class Around:
        @hookimpl
        async def around_item(self, item, attempt, call_next):
            seen.append(os.getpid())
            return f"around {await call_next()}"

    host = Host()
    host.register(unruly, "unruly")
    host.register(Around(), "around")
    bound = isolated(host.workflows["unruly"], apart())
    async with bound.lifespan(None, None) as resources:
        page = Page(id=1, orders="tell_pid")
        word, pid = (await bound.process(page, Attempt("unruly", "[1]"), resources, None)).split()
    assert (word, seen) == ("around", [os.getpid()])
    assert int(pid) != os.getpid()


def test_a_thread_kills_the_child_on_systems_whose_kernel_would_not():
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.close(writing)
        script.kill_all_at_the_end_of(reading)
        os._exit(1)
    os.close(reading)
    os.close(writing)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def test_policies_of_processes_are_checked():
    assert Policy(isolation="process", memory_limit="1.5 GiB").memory_limit == 1_610_612_736
    with pytest.raises(ValueError, match="needs isolation = 'process'"):
        Policy(memory_limit="512MB")
    with pytest.raises(ValueError, match="should be at least 96MB"):
        Policy(isolation="process", memory_limit="1MB")
    with pytest.raises(ValueError, match="should be a size such as '512MB'"):
        Policy(isolation="process", memory_limit="lots")
