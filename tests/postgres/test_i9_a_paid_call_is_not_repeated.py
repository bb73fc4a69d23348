"""I9: a paid call is not repeated because the database failed: the result is kept and the settle tried again."""

import asyncio
import os
import signal
from collections import Counter
from datetime import timedelta

import pytest
from lab.laboratory import Laboratory
from lab.matrix import model_of
from lab.plugins import Stage, plugin_of, return_orders, save_effect
from lab.proxy import Proxy
from lab.tables import Effect, Page, pages_workflow, quick
from sqlalchemy import Column, Identity, Integer, delete, func, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from curation_core._postgres import EmbeddedPostgres
from curation_core.ledger import migrate

CUT = text(
    "select count(pg_terminate_backend(pid)) from pg_stat_activity "
    "where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()"
)

OTHER = text(
    "insert into curation.worker values ('00000000-0000-0000-0000-000000000001', 'other', 1, '', '{}', now(), "
    "now() - interval '1 minute', '15 s')"
)
ITS_CLAIM = text(
    "insert into curation.claim (workflow, item, token, queueing, worker, attempt, claimed_at) "
    "values ('pages', '[1]', 1, 1, '00000000-0000-0000-0000-000000000001', 1, now())"
)


@pytest.fixture
async def server(open_folder):
    """A server of the test's own, to stop and start."""
    with EmbeddedPostgres.kept(open_folder / "server", {"fsync": False}) as server:
        yield server


async def stopped(server, number):
    os.kill(server.pid, number)
    await asyncio.to_thread(server.stop)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
async def test_results_that_were_made_while_the_server_was_down_are_settled_when_it_is_back(server, number, eventually):
    lab = Laboratory(server.url, eventually)
    await migrate.upgrade(create_async_engine(lab.url, poolclass=NullPool))
    await lab.create()
    await lab.add_pages(*["ok"] * 12)
    stage = Stage()
    plugin = plugin_of(pages_workflow(), stage.process_item, save_result=save_effect)
    host = {"lost_after": 60, "sweep_every": 1}
    async with lab.host({"pages": plugin}, policies={"pages": quick(max_attempts=1)}, host=host) as engine:
        await eventually(lambda: len(stage.on_stage) == 10)
        url = server.url
        await stopped(server, number)
        for item in list(stage.on_stage):
            stage.release(item, f"paid for {item}")
        await asyncio.to_thread(server.start)
        assert server.url == url
        await eventually(lambda: engine.counts["pages"].get("done") == 10, deadline=40)
        await eventually(lambda: len(stage.on_stage) == 2, deadline=40)
        for item in list(stage.on_stage):
            stage.release(item, f"paid for {item}")
        await eventually(lambda: engine.counts["pages"] == {"done": 12})
    assert set((await lab.execute(select(Effect.result))).scalars()) == {f"paid for [{n}]" for n in range(1, 13)}
    assert {row.attempt for row in await lab.history()} == {1}


async def test_sessions_that_are_terminated_again_and_again_cost_no_second_call(lab):
    calls = Counter()

    async def process_item(item):
        calls[item.id] += 1
        await asyncio.sleep(0)
        return item.orders

    await lab.add_pages(*["ok"] * 400)
    plugin = plugin_of(pages_workflow(), process_item, save_result=save_effect)
    policies = {"pages": quick(max_attempts=1, batch_size=5, concurrency=10)}
    async with lab.host({"pages": plugin}, policies=policies, host={"lost_after": 60}) as engine:
        for done in range(20, 120, 20):
            await lab.eventually(lambda done=done: engine.counts.get("pages", {}).get("done", 0) >= done)
            await lab.execute(CUT)
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 400, deadline=60)
    assert calls == Counter(range(1, 401))
    assert await lab.statuses() == {"Completed": 400}
    assert await lab.scalar(select(func.count()).select_from(Effect)) == 400


@pytest.fixture
async def proxied(lab):
    """The laboratory, and a proxy by whose way its hosts go."""
    async with Proxy(lab.url).open() as proxy:
        direct, lab.url = lab.url, proxy.url
        yield lab, proxy
        lab.url = direct


@pytest.mark.parametrize("kind", ["fresh", "due"])
async def test_rows_of_a_claim_whose_answer_was_lost_do_not_stay_processing_under_a_living_worker(proxied, kind):
    """I4 as well: the claim stands, and the worker that made it does not know."""
    lab, proxy = proxied
    await lab.add_pages("ok", "ok", "ok")
    if kind == "due":
        await lab.execute(
            text(
                "insert into curation.claim (workflow, item, token, queueing, attempt, claimed_at, retry_at) select "
                "'pages', jsonb_build_array(id)::text, nextval('curation.claim_token'), 0, 0, now(), now() from page"
            )
        )
    calls = Counter()

    async def process_item(item, attempt):
        calls[item.id, attempt.number] += 1

    # The statements with their real limit, and not as they are rehearsed.
    lock = "OF curation_waiting, page" if kind == "due" else "SKIP LOCKED"
    proxy.lose_answer_to(f"LIMIT 10 FOR NO KEY UPDATE {lock}")
    plugin = plugin_of(pages_workflow(), process_item)
    async with lab.host(
        {"pages": plugin}, policies={"pages": quick(max_attempts=1)}, host={"lost_after": 60}
    ) as engine:
        await lab.eventually(lambda: proxy.lost == 1)
        await lab.eventually(lambda: engine.counts["pages"].get("done") == 3, deadline=10)
    assert calls == Counter([(1, 1), (2, 1), (3, 1)]), "worked once, by the attempt that nobody heard of"
    assert await lab.statuses() == {"Completed": 3}


async def test_a_host_whose_connections_went_dead_without_a_word_works_on_over_new_ones(proxied):
    """A failover, or a NAT that forgets: no answer and no reset. The heart beats on, over a connection of its own."""
    lab, proxy = proxied
    calls = Counter()
    stage = Stage()

    async def process_item(item, attempt):
        calls[item.id] += 1
        return await stage.process_item(item, attempt)

    await lab.add_pages("ok")
    plugin = plugin_of(pages_workflow(), process_item, save_result=save_effect)
    brief = {"lost_after": 2, "heartbeat_every": 0.2}
    async with lab.host({"pages": plugin}, policies={"pages": quick(max_attempts=1, every=0.2)}, host=brief):
        await stage.arrival("[1]")
        proxy.swallow()
        stage.release("[1]", "paid for")
        await lab.eventually(lambda: lab.scalar(text("select count(*) = 1 from effect")), deadline=40)
        await lab.add_pages("ok")
        await stage.arrival("[2]")
        stage.release("[2]", "paid for")
        await lab.eventually(lambda: lab.scalar(text("select count(*) = 2 from effect")))
    assert calls == Counter([1, 2])


async def test_a_host_that_was_lost_itself_lets_the_others_come_back_before_it_takes_their_rows(lab):
    """After an outage all look dead at once, and the others hold results that they have paid for."""
    brief = {"lost_after": 2, "heartbeat_every": 0.2, "sweep_every": 0.1}
    worker, attempt = lab.ledger.worker, lab.ledger.attempt

    async def process_item(item):
        return item.orders

    plugin = plugin_of(pages_workflow(), process_item)
    policies = {"pages": quick(every=0.2, max_attempts=1)}
    async with lab.host({"pages": plugin}, policies=policies, host=brief):
        await lab.eventually(lambda: lab.scalar(select(func.count() == 1).select_from(worker)))
        before = await lab.scalar(select(worker.c.id))
        await lab.execute(delete(worker).where(worker.c.id == before))
        await lab.eventually(lambda: lab.scalar(select(func.count() > 0).where(worker.c.id != before)))
        await lab.add_pages("ok", status="Processing")
        await lab.execute(OTHER)
        await lab.execute(ITS_CLAIM)
        other_gone = select(attempt.c.settled_at).where(attempt.c.outcome == "lost")
        await lab.eventually(lambda: lab.scalar(other_gone), deadline=40)
        started = await lab.scalar(select(worker.c.started_at).where(worker.c.id != before, worker.c.host != "other"))
        assert await lab.scalar(other_gone) - started >= timedelta(seconds=2)


async def test_a_host_whose_connections_are_dead_stops_when_it_is_told_twice(proxied):
    lab, proxy = proxied
    stage = Stage()
    await lab.add_pages("ok")
    plugin = plugin_of(pages_workflow(), stage.process_item, save_result=save_effect)
    async with lab.host({"pages": plugin}, policies={"pages": quick()}) as engine:
        await stage.arrival("[1]")
        proxy.swallow()
        stage.release("[1]", "paid for")
        await lab.eventually(lambda: engine._shift.busy)  # noqa: SLF001 - its settle is under way, and gets no answer
    await lab.silence_workers()
    proxy.cut_all()
    await lab.until_idle({"pages": plugin_of(pages_workflow(), return_orders)}, policies={"pages": quick()})
    assert await lab.statuses() == {"Completed": 1}


async def test_a_migration_of_what_save_result_writes_costs_no_second_call(lab):
    """The statements that were prepared before it are refused once, and prepared anew."""
    model = model_of("outcome", Column("id", Integer, Identity(), primary_key=True))
    await lab.create(model.metadata)
    await lab.add_pages("first")
    calls = []

    async def process_item(item):
        calls.append(item.id)
        return item.orders

    async def save_result(session, item, result):
        session.add(model(orders=result))

    plugin = plugin_of(pages_workflow(), process_item, save_result=save_result)
    async with lab.host({"pages": plugin}, policies={"pages": quick()}, database={"pool_size": 1}):
        await lab.eventually(lab.outcomes)
        await lab.execute(text("alter table outcome alter id type bigint"))
        await lab.add_pages("second")
        await lab.wake()
        await lab.eventually(lambda: lab.scalar(select(func.count() == 2).where(Page.status == "Completed")))
    assert calls == [1, 2]
