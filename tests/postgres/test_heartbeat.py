"""A worker's heart: it beats while a plugin blocks the loop for a while, and stops when the loop is stuck."""

import asyncio
import os
import resource
import signal
import sys
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from lab.laboratory import Laboratory
from lab.plugins import Stage, plugin_of, return_orders, save_effect
from lab.tables import Contact, Effect, Page, contacts_workflow, pages_workflow, quick
from sqlalchemy import func, insert, select, text, update

from curation_core._heartbeat import Heartbeat

POLICIES = {"pages": quick(), "contacts": quick()}
BRIEF = {"lost_after": 2, "heartbeat_every": 0.1, "stall_after": 0.8}


async def test_a_worker_is_heard_of_again_and_again(lab):
    plugins = {"pages": plugin_of(pages_workflow(), return_orders)}
    heard = select(func.max(lab.ledger.worker.c.heartbeat_at))
    async with lab.host(plugins, policies={"pages": quick()}, host=BRIEF):
        before = await lab.eventually(lambda: lab.scalar(heard))
        for _ in range(3):
            before = await lab.eventually(
                lambda before=before: lab.scalar(heard.having(heard.selected_columns[0] > before))
            )


async def test_a_loop_that_is_blocked_for_a_while_does_not_look_dead(lab):
    """The beats come from a thread."""
    await lab.add_pages("ok")

    async def process_item(item):
        before = time.monotonic()
        while time.monotonic() - before < 0.5:  # what a careless plugin does
            pass

    plugins = {"pages": plugin_of(pages_workflow(), process_item)}
    await lab.until_idle(plugins, policies={"pages": quick()}, host=BRIEF)
    assert await lab.outcomes() == ["done"]


def run_aside(laboratory, plugins, until):
    """A host in a thread, with a loop of its own, until an event is set."""

    async def run():
        async with laboratory.host(plugins, policies=POLICIES, host=BRIEF):
            while not until.is_set():
                await asyncio.sleep(0.05)

    thread = threading.Thread(target=asyncio.run, args=[run()])
    thread.start()
    return thread


async def test_the_rows_of_a_host_whose_loop_is_stuck_are_worked_by_another(lab, eventually):
    """I8 as well: both workflows of the stuck host go on elsewhere, and its late result changes nothing."""
    stuck, go_on = threading.Event(), threading.Event()
    await lab.add_pages("ok")
    await lab.execute(insert(Contact).values(status="Queued"))

    async def blocks(item):
        stuck.set()
        go_on.wait(60)
        return "late"

    async def nothing(item):
        return None

    def plugins(process_item):
        return {
            "contacts": plugin_of(contacts_workflow(), nothing),
            "pages": plugin_of(pages_workflow(), process_item, save_result=save_effect),
        }

    thread = run_aside(Laboratory(lab.url, eventually), plugins(blocks), go_on)
    try:
        await lab.eventually(stuck.is_set)
        await lab.until_idle(plugins(return_orders), policies=POLICIES, host=BRIEF)
        assert await lab.statuses() == {"Completed": 1}
        assert await lab.statuses(Contact) == {"Completed": 1}
    finally:
        go_on.set()
        await asyncio.to_thread(thread.join, 30)
    assert await lab.scalar(select(Effect.result)) == "ok"
    of_pages = [row.outcome for row in await lab.history() if row.workflow == "pages"]
    assert of_pages == ["lost", "done"]


async def test_a_worker_that_was_removed_from_the_list_starts_again_under_a_new_id(lab):
    stage = Stage()
    await lab.add_pages("ok")
    plugins = {"pages": plugin_of(pages_workflow(), stage.process_item)}
    async with lab.host(plugins, policies={"pages": quick()}, host=BRIEF):
        first = await stage.arrival("[1]")
        await lab.execute(text("delete from curation.claim"))
        await lab.execute(text("delete from curation.worker"))
        await lab.execute(update(Page).values(status="Queued"))
        await lab.eventually(lambda: lab.scalar(text("select count(*) = 1 from curation.worker")))
        second = await stage.arrival("[1]")
        assert second.idempotency_key != first.idempotency_key
        stage.release("[1]")
        await lab.eventually(lambda: lab.scalar(select(Page.status == "Completed")))


async def test_a_process_that_was_frozen_for_too_long_gives_up_before_it_writes_anything(lab):
    await lab.add_pages("hold")
    host = await lab.start(host={"lost_after": 2, "heartbeat_every": 0.1})
    await host.said("started [1] 1")
    old = await lab.scalar(select(lab.ledger.worker.c.id))
    host.send(signal.SIGSTOP)
    await lab.eventually(
        lambda: lab.scalar(text("select now() - heartbeat_at > interval '2.5 seconds' from curation.worker"))
    )
    host.send(signal.SIGCONT)
    await lab.eventually(lambda: lab.scalar(select(func.count() == 1).where(lab.ledger.worker.c.id != old)))
    await host.said("started", times=2)
    assert set(await lab.outcomes()) <= {"lost", "released"}


async def test_a_host_that_is_told_twice_to_stop_waits_for_nothing(lab):
    await lab.add_pages("ok")
    stage = Stage()
    plugins = {"pages": plugin_of(pages_workflow(), stage.process_item)}
    async with lab.host(plugins, policies={"pages": quick()}, host={"drain_timeout": 3600}) as engine:
        await stage.arrival("[1]")
        engine.stop()
        engine.stop()
    assert (await lab.page(1)).status == "Queued"
    assert await lab.outcomes() == ["released"]


async def test_an_item_that_finishes_while_the_host_drains_is_settled(lab):
    await lab.add_pages("ok", "ok")
    stage = Stage()
    plugins = {"pages": plugin_of(pages_workflow(), stage.process_item)}
    policies = {"pages": quick(concurrency=1)}
    async with lab.host(plugins, policies=policies, host={"drain_timeout": timedelta(hours=1)}) as engine:
        await stage.arrival("[1]")
        engine.stop()
        stage.release("[1]")
        await lab.eventually(lambda: engine.counts["pages"].get("done"))
    assert await lab.statuses() == {"Completed": 1, "Queued": 1}
    assert await lab.outcomes() == ["done"], "and no further row was claimed"


async def last_beat(lab):
    return await lab.scalar(select(func.max(lab.ledger.worker.c.heartbeat_at)))


async def test_a_host_with_more_patience_keeps_its_rows_beside_one_with_less(lab):
    """I5 and I9, as while a new `lost_after` is rolled out, host after host."""
    await lab.add_pages("held")
    stage = Stage()
    plugins = {"pages": plugin_of(pages_workflow(), stage.process_item)}
    patient, hasty = ({"lost_after": timedelta(seconds=each)} for each in (15, 2))
    first_beat = select(func.min(lab.ledger.worker.c.heartbeat_at))
    async with lab.host(plugins, policies=POLICIES, host=patient):
        await stage.arrival("[1]")
        before = await last_beat(lab)
        async with lab.host(plugins, policies=POLICIES, host=hasty):
            # By then it was silent for longer than the other waits, or else its row is somebody else's already.
            await lab.eventually(lambda: has_moved(lab, first_beat, before))
    assert "lost" not in await lab.outcomes()


async def has_moved(lab, beat, before):
    return await lab.outcomes() or await lab.scalar(beat) > before


@pytest.fixture
def no_files(monkeypatch):
    """Let no file be opened any more, up to the end of the test."""
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)  # a loop that was half made can't be closed
    kept, limit = [], resource.getrlimit(resource.RLIMIT_NOFILE)

    def take():
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 5, limit[1]))
        with suppress(OSError):
            while True:
                kept.append(os.dup(0))

    yield take
    for each in kept:
        os.close(each)
    resource.setrlimit(resource.RLIMIT_NOFILE, limit)


async def test_a_heart_that_can_not_begin_to_beat_is_told(lab, no_files):
    """I4 and I5: else its rows are taken back, again and again, from a worker that works on unheard."""
    lost = asyncio.get_running_loop().create_future()
    heartbeat = Heartbeat(
        store := lab.store(),
        uuid4(),
        every=timedelta(seconds=0.1),
        stall_after=timedelta(seconds=2),
        lost_after=timedelta(seconds=3),
        lost=lost.set_result,
        no_answer=lambda: None,
        cut_off=False,
    )
    no_files()
    heartbeat.start()
    try:
        async with asyncio.timeout(10):
            assert "Too many open files" in await lost
    finally:
        heartbeat.stop()
        await store.close()
