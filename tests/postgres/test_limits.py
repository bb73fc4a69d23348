"""What holds over all hosts, and what holds in one: `max_in_flight`, `max_instances`, `concurrency`, `batch_size`."""

import asyncio
from datetime import timedelta

import pytest
from lab.plugins import Stage, plugin_of
from lab.tables import pages_workflow, quick
from sqlalchemy import func, select, text


class Gauge:
    """How many items ran at the same time."""

    def __init__(self):
        self.now = self.most = self.ended = 0

        async def process_item(item):
            self.now += 1
            self.most = max(self.most, self.now)
            for _ in range(5):
                await asyncio.sleep(0)
            self.now -= 1
            self.ended += 1

        self.plugin = plugin_of(pages_workflow(), process_item)


async def test_max_in_flight_holds_over_all_hosts(lab):
    gauge = Gauge()
    await lab.add_pages(*["ok"] * 60)
    policies = {"pages": quick(max_in_flight=3)}
    async with (
        lab.host({"pages": gauge.plugin}, policies=policies),
        lab.host({"pages": gauge.plugin}, policies=policies),
        lab.host({"pages": gauge.plugin}, policies=policies),
    ):
        await lab.until_idle({"pages": gauge.plugin}, policies=policies)
    assert 1 < gauge.most <= 3
    assert gauge.ended == 60


async def test_max_in_flight_holds_over_processes_and_a_dead_one_frees_its_places(lab):
    await lab.add_pages(*["hold"] * 6)
    policy = {"max_in_flight": 2, "concurrency": 10}
    doomed = await lab.start(policy=policy)
    await doomed.said("started", times=2)
    stage = Stage()
    plugins = {"pages": plugin_of(pages_workflow(), stage.process_item)}
    async with lab.host(plugins, policies={"pages": quick(max_in_flight=2)}) as engine:
        await lab.eventually(lambda: lab.scalar(text("select count(*) = 2 from curation.worker")))
        await lab.add_pages("beat")  # something the other host looks for and must not claim
        await lab.wake()
        await lab.eventually(lambda: not engine._shift.busy)  # noqa: SLF001 - the end of the look, and no other event
        assert stage.on_stage == {}
        assert lab_live(await lab.claims()) == 2
        await doomed.kill()
        aged = text("update curation.worker set heartbeat_at = heartbeat_at - interval '1 hour' where pid = :pid")
        await lab.execute(aged, {"pid": doomed.pid})
        await stage.arrival()
        await lab.eventually(lambda: len(stage.on_stage) == 2)
        assert lab_live(await lab.claims()) == 2
        while stage.on_stage:
            stage.release(next(iter(stage.on_stage)))


def lab_live(claims):
    """How many claims are live."""
    return sum(claim.worker is not None for claim in claims.values())


async def test_places_that_are_freed_are_taken_at_once_and_not_at_the_next_sweep(lab):
    gauge = Gauge()
    await lab.add_pages(*["ok"] * 20)
    policies = {"pages": quick(max_in_flight=2)}
    async with lab.host({"pages": gauge.plugin}, policies=policies, host={"sweep_every": timedelta(hours=1)}):
        await lab.eventually(lambda: gauge.ended == 20, deadline=10)
    assert gauge.most == 2


async def test_max_instances_lets_one_process_work_and_another_takes_over_when_it_has_died(lab):
    await lab.add_pages("hold", "ok", "ok")
    policy = {"max_instances": 1, "concurrency": 2}
    first = await lab.start(policy=policy)
    await first.said("started [1]")
    second = await lab.start(policy=policy)
    await lab.eventually(lambda: lab.scalar(text("select count(*) = 2 from curation.worker")))
    await first.said("settled [2] done")
    await lab.add_pages("ok")
    await first.said("settled [4] done")
    assert not [line for line in second.lines if line.startswith("started")]
    await first.kill()
    aged = text("update curation.worker set heartbeat_at = heartbeat_at - interval '1 hour' where pid = :pid")
    await lab.execute(aged, {"pid": first.pid})
    await second.said("started [1] 2")


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
async def test_limits_hold_whatever_isolation_the_database_gives_by_default(lab, isolation):
    """The count must not come from a snapshot that is older than the lock."""
    gauge = Gauge()
    await lab.add_pages(*["ok"] * 40)
    name = {"repeatable read": SET_REPEATABLE_READ, "serializable": SET_SERIALIZABLE}[isolation]
    await lab.execute(name)
    policies = {"pages": quick(max_in_flight=3)}
    async with (
        lab.host({"pages": gauge.plugin}, policies=policies),
        lab.host({"pages": gauge.plugin}, policies=policies),
        lab.host({"pages": gauge.plugin}, policies=policies),
    ):
        await lab.until_idle({"pages": gauge.plugin}, policies=policies)
    assert gauge.most <= 3
    assert await lab.statuses() == {"Completed": 40}


SET_REPEATABLE_READ = text(
    "do $$ begin execute format('alter database %I set default_transaction_isolation to ''repeatable read''', "
    "current_database()); end $$"
)
SET_SERIALIZABLE = text(
    "do $$ begin execute format('alter database %I set default_transaction_isolation to ''serializable''', "
    "current_database()); end $$"
)


async def test_no_more_than_concurrency_run_at_once_in_one_process(lab):
    gauge = Gauge()
    await lab.add_pages(*["ok"] * 50)
    policies = {"pages": quick(concurrency=4, batch_size=3)}
    await lab.until_idle({"pages": gauge.plugin}, policies=policies)
    assert gauge.ended == 50
    assert 1 < gauge.most <= 4


async def test_no_claim_takes_more_than_batch_size(lab):
    claimed = []

    def on_claimed(items):
        claimed.append(items)

    async def process_item(item):
        return None

    await lab.add_pages(*["ok"] * 50)
    plugin = plugin_of(pages_workflow(), process_item, on_claimed=on_claimed)
    await lab.until_idle({"pages": plugin}, policies={"pages": quick(concurrency=40, batch_size=7)})
    assert sum(claimed) == 50
    assert max(claimed) == 7


async def test_rows_are_not_claimed_before_they_can_start(lab):
    """A row in Processing is being worked, and not waiting in a process for its turn."""
    stage = Stage()
    await lab.add_pages(*["ok"] * 20)
    async with lab.host(
        {"pages": plugin_of(pages_workflow(), stage.process_item)}, policies={"pages": quick(concurrency=3)}
    ):
        await lab.eventually(lambda: len(stage.on_stage) == 3)
        assert lab_live(await lab.claims()) == 3
        for item in list(stage.on_stage):
            stage.release(item)
        await lab.eventually(lambda: len(stage.on_stage) == 3)
        await lab.eventually(lambda: only_those_on_stage(lab, stage))


async def only_those_on_stage(lab, stage):
    """Whether the results of those before are settled, and nothing is claimed beside what is on stage."""
    claims = await lab.claims()
    return lab_live(claims) == 3 and set(claims) == set(stage.on_stage)


async def test_one_connection_is_enough(lab):
    gauge = Gauge()
    await lab.add_pages(*["ok"] * 20)
    await lab.until_idle({"pages": gauge.plugin}, policies={"pages": quick()}, database={"pool_size": 1}, deadline=20)
    assert gauge.ended == 20


async def test_a_database_behind_a_transaction_pooler_is_worked_by_polling(lab):
    gauge = Gauge()
    await lab.add_pages(*["ok"] * 20)
    await lab.until_idle({"pages": gauge.plugin}, policies={"pages": quick()}, database={"pooler": True})
    assert gauge.ended == 20
    assert await lab.scalar(select(func.count()).select_from(lab.ledger.claim)) == 0
