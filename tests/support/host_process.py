"""A host in a process of its own. It says what happens, a line each, and does what it is told, a line each.

Its argument is a JSON object: ``url``, ``clock``, ``policy``, ``host`` and ``database`` settings, ``until_idle``,
``calls`` (write each call to the outside), ``quiet`` (say nothing about single items).
It says ``ready``, ``started [42] 1``, ``saving [42]``, ``settled [42] done``, ``rescued [42] retry``, ``over {summary}``.
It is told ``release [42]`` and ``stop``; its end of input means nothing. SIGTERM stops it as ``stop`` does.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg

sys.path.insert(0, str(Path(__file__).parent))

from lab.plugins import plugin_of, save_effect
from lab.tables import pages_workflow, quick

from curation_core import Fail, Retry
from curation_core._store import Store
from curation_core.engine import Engine
from curation_core.host import Host
from curation_core.settings import DatabaseSettings, HostSettings, Settings

BRISK = {"sweep_every": 0.1, "lost_after": 15}


def say(*words):
    """Tell the test what happened."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def plugin(orders):
    """The plugin that does what a page's ``orders`` say."""
    held = {}
    tell = (lambda *_: None) if orders.get("quiet") else say

    @asynccontextmanager
    async def lifespan():
        if not orders.get("calls"):
            yield None
            return
        address = orders["url"].replace("+asyncpg", "")
        async with asyncpg.create_pool(address, min_size=1, max_size=4) as pool:
            yield pool

    async def process_item(item, attempt, resources):
        if resources is not None:
            await resources.execute(
                "insert into outside_call (page_id, attempt, key, pid) values ($1, $2, $3, $4)",
                item.id,
                attempt.number,
                attempt.idempotency_key,
                os.getpid(),
            )
        tell("started", attempt.item, attempt.number)
        match item.orders:
            case "hold":
                held[attempt.item] = asyncio.Event()
                await held[attempt.item].wait()
            case "crash":
                os.kill(os.getpid(), signal.SIGKILL)
            case "retry" if attempt.number == 1:
                return Retry(after=timedelta(0))
            case "fail":
                return Fail("as ordered")
        return item.orders

    async def save_result(session, item, result):
        tell("saving", f"[{item.id}]")
        await save_effect(session, item, result)

    def on_settled(item, outcome):
        tell("settled", item, outcome)

    def on_rescued(item, outcome):
        tell("rescued", item, outcome)

    hooks = {"save_result": save_result, "on_settled": on_settled, "on_rescued": on_rescued, "lifespan": lifespan}
    return plugin_of(pages_workflow(), process_item, **hooks), held


async def main(orders):
    """Run the host until it is told to stop, or nothing is left."""
    host = Host()
    module, held = plugin(orders)
    host.register(module, "pages")
    policy = quick(**orders.get("policy", {}))
    settings = Settings(
        policies={"pages": policy},
        host=HostSettings(**(BRISK | orders.get("host", {}))),
        database=DatabaseSettings(clock=orders.get("clock", ""), **orders.get("database", {})),
    )
    store = Store(orders["url"], settings.database, settings.host.lost_after)
    await store.check()
    engine = Engine(host, settings, store)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, engine.stop)
    listening = asyncio.create_task(obey(engine, held))
    say("ready", os.getpid())
    summary = await engine.run(until_idle=orders.get("until_idle", False))
    listening.cancel()
    await store.close()
    say("over", json.dumps(summary.counts))


async def obey(engine, held):
    """Do what the test says."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().strip():
        match line.split(maxsplit=1):
            case ["stop"]:
                engine.stop()
            case ["release", item]:
                held[item].set()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
