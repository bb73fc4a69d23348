"""A host in a process of its own. It says what happens, a line each, and does what it is told, a line each.

Its argument is a JSON object: ``url``, ``clock``, ``policy``, ``host`` and ``database`` settings, ``until_idle``,
``calls`` (the file that stands for the outside), ``quiet`` (say nothing about single items).
It says ``ready``, ``started [42] 1``, ``saving [42]``, ``settled [42] done``, ``rescued [42] retry`` and, at its end,
``over`` with the run's counts.
It is told ``release [42]`` and ``stop``; its end of input means nothing. SIGTERM stops it as ``stop`` does.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parent))

from lab.plugins import plugin_of, save_effect
from lab.tables import pages_workflow, quick

from curation_core._store import Store
from curation_core.engine import Engine
from curation_core.host import Host
from curation_core.settings import DatabaseSettings, HostSettings, Settings

BRISK = {"sweep_every": 0.1, "lost_after": 15}


def say(*words):
    """Tell the test what happened."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


class Actor:
    """What a page's ``orders`` ask for, done by the process that has it."""

    def __init__(self, orders):
        self.quiet = orders.get("quiet", False)
        self.held = {}
        self.calls = os.open(orders["calls"], os.O_WRONLY | os.O_APPEND) if "calls" in orders else None

    def tell(self, *words):
        """Say what happened to a single item."""
        if not self.quiet:
            say(*words)

    def call_outside(self, item):
        """Do what can't be undone: a line in a file that all processes share, appended in one go."""
        if self.calls is not None:
            os.write(self.calls, f"{item.id} {os.getpid()}\n".encode())

    async def act(self, item, attempt):
        """Do what the row says."""
        match item.orders:
            case "hold":
                self.held[attempt.item] = asyncio.Event()
                await self.held[attempt.item].wait()
            case "crash":
                os.kill(os.getpid(), signal.SIGKILL)
        return item.orders


def plugin(actor):
    """The plugin of this process."""

    async def process_item(item, attempt):
        actor.call_outside(item)
        actor.tell("started", attempt.item, attempt.number)
        return await actor.act(item, attempt)

    async def save_result(session, item, result):
        actor.tell("saving", f"[{item.id}]")
        await save_effect(session, item, result)

    def on_settled(item, outcome):
        actor.tell("settled", item, outcome)

    def on_rescued(item, outcome):
        actor.tell("rescued", item, outcome)

    hooks = {"save_result": save_result, "on_settled": on_settled, "on_rescued": on_rescued}
    return plugin_of(pages_workflow(), process_item, **hooks)


async def main(orders):
    """Run the host until it is told to stop, or nothing is left."""
    host = Host()
    actor = Actor(orders)
    host.register(plugin(actor), "pages")
    policy = quick(**({"every": 0.2} | orders.get("policy", {})))
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
    listening = asyncio.create_task(obey(engine, actor.held))
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
    uvloop.run(main(json.loads(sys.argv[1])))
