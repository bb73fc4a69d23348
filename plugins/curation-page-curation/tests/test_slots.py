"""One connection to a host and a gap between two, over all workers."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from aiohttp import web

from curation_core import Done, Retry
from curation_page_curation import plugin
from curation_page_curation.models import HostSlot
from curation_page_curation.politeness import HostBusy
from curation_page_curation.slots import HostSlots

GAP = 0.15
PAGE = "<title>Joe's</title>"
HOST = "joes.com"


def gaps(site):
    return [after - before for before, after in pairwise(site.times)]


def slots(sessions, **changes):
    return HostSlots(sessions, **{"lease": 30, "max_wait": 30, **changes})


async def test_two_requests_to_a_host_keep_their_distance(site, run_item, settings, sessions):
    site.files |= {"/robots.txt": "", "/a": PAGE, "/b": web.Response(status=302, headers={"Location": "/a"})}
    async with plugin.lifespan(settings(gap_seconds=GAP), sessions) as resources:
        await asyncio.gather(*(run_item(site.url(path), resources=resources) for path in ("/a", "/b", "/a")))
    assert len(site.times) == 5  # the rules, two pages, and one behind a redirect
    assert min(gaps(site)) >= GAP


async def test_a_crawl_delay_is_kept_up_to_a_bound(site, run_item, settings, sessions):
    site.files |= {"/robots.txt": f"User-agent: *\nCrawl-delay: {GAP}", "/a": PAGE}
    async with plugin.lifespan(settings(), sessions) as resources:
        for _ in range(3):
            await run_item(site.url("/a"), resources=resources)
    assert min(gaps(site)[1:]) >= GAP
    site.files["/robots.txt"] = "User-agent: *\nCrawl-delay: 86400"
    async with plugin.lifespan(settings(max_crawl_delay_seconds=GAP), sessions) as resources:
        for _ in range(2):
            assert isinstance(await run_item(site.url("/a"), resources=resources), Done)


async def test_a_slow_host_has_one_connection_at_a_time(site, run_item, settings, sessions):
    going = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        going.set()
        for _ in range(20):  # long enough for the others to come in between, if they could
            await asyncio.sleep(0)
        return web.Response(text=PAGE, content_type="text/html")

    site.files |= {"/robots.txt": "", "/a": slow}
    first, second = (plugin.lifespan(settings(), sessions) for _ in range(2))
    async with first as one, second as other:  # two workers, as far as each can tell
        await asyncio.gather(*(run_item(site.url("/a"), resources=worker) for worker in (one, other) * 4))
    assert going.is_set()
    assert site.asked.count("/a") == 8
    assert site.most_at_once == 1


async def test_hosts_do_not_wait_for_each_other(sessions):
    turns = slots(sessions)
    async with turns.turn("a.com", 3600), turns.turn("b.com", 3600):
        assert await turns._scalar(sa.select(sa.func.count()).select_from(HostSlot)) == 2  # noqa: SLF001 - a plain read


SCRIPT = Path(__file__).with_name("take_turns.py")


async def test_several_processes_take_turns(engine, sessions, tmp_path):
    log, url = tmp_path / "turns", engine.url.render_as_string(hide_password=False)
    workers = [await asyncio.create_subprocess_exec(sys.executable, SCRIPT, url, str(log), str(GAP)) for _ in range(3)]
    assert [await worker.wait() for worker in workers] == [0, 0, 0]
    turns = sorted(tuple(map(float, line.split())) for line in log.read_text().splitlines())
    assert len(turns) == 9
    assert all(after[0] - before[1] >= GAP for before, after in pairwise(turns))


async def test_a_worker_that_died_holds_a_host_up_to_its_lease(sessions):
    dead, alive = slots(sessions, lease=0.2), slots(sessions)
    await dead._enter(HOST, uuid4())  # noqa: SLF001 - a worker that dies leaves a turn without leaving it
    async with asyncio.timeout(10), alive.turn(HOST, 0):
        pass


async def test_a_turn_that_does_not_come_puts_the_page_back(sessions):
    turns = slots(sessions, max_wait=0.1)
    async with slots(sessions).turn(HOST, 0):
        with pytest.raises(HostBusy) as busy:
            async with turns.turn(HOST, 0):
                pass
    assert busy.value.seconds > 20
    async with turns.turn(HOST, 60):  # what was given up stands in nobody's way
        pass
    with pytest.raises(HostBusy) as busy:
        async with turns.turn(HOST, 0):
            pass
    assert 50 < busy.value.seconds <= 60


async def test_within_a_process_the_line_is_as_patient(sessions):
    turns = slots(sessions, max_wait=0.1)
    async with turns.turn(HOST, 0):
        with pytest.raises(HostBusy):
            async with turns.turn(HOST, 0):
                pass


async def test_times_far_away_are_booked_one_after_the_other(sessions):
    turns = slots(sessions, max_wait=15)
    waits = []
    for _ in range(6):
        try:
            await asyncio.wait_for(turns.book(HOST, 20), 0.5)
        except HostBusy as busy:
            waits.append(round(busy.seconds, -1))
        except TimeoutError:
            waits.append(None)
    assert waits == [20, 40, 60, 80, 100]


async def test_a_page_whose_turn_is_far_away_goes_back_until_then_and_does_not_book_again(
    site, run_item, settings, sessions
):
    site.files |= {"/robots.txt": "User-agent: *\nCrawl-delay: 20", "/a": PAGE}
    async with plugin.lifespan(settings(max_wait_seconds=5), sessions) as resources:
        outcomes = [await run_item(site.url("/a"), resources=resources) for _ in range(3)]
        again = await run_item(site.url("/a"), resources=resources, additional_json=outcomes[1].result.facts)
    assert isinstance(outcomes[0], Done)
    assert [type(outcome) for outcome in (*outcomes[1:], again)] == [Retry, Retry, Retry]
    assert [round(outcome.after.total_seconds(), -1) for outcome in (*outcomes[1:], again)] == [20, 40, 20]
    assert [outcome.charged for outcome in (*outcomes[1:], again)] == [False] * 3
    assert again.result.facts == outcomes[1].result.facts


async def test_a_host_can_be_slowed(sessions):
    turns = slots(sessions, max_wait=1)
    async with turns.turn(HOST, 0):
        pass
    await turns.slow(HOST, 60)
    for waiting in (turns.turn(HOST, 0).__aenter__(), turns.book(HOST, 0)):
        with pytest.raises(HostBusy) as busy:
            await waiting
        assert timedelta(seconds=50).total_seconds() < busy.value.seconds <= 60


async def test_a_turn_that_is_cancelled_is_given_back(sessions):
    turns = slots(sessions)
    entered = asyncio.Event()

    async def hold() -> None:
        async with turns.turn(HOST, 0):
            entered.set()
            await asyncio.sleep(3600)

    holder = asyncio.create_task(hold())
    await entered.wait()
    holder.cancel()
    await asyncio.gather(holder, return_exceptions=True)
    async with asyncio.timeout(10), turns.turn(HOST, 0):
        pass
