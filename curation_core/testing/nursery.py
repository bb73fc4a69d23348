"""The process that engines of tests are forked from. Its argument and its lines are JSON; `Nursery` writes them.

It answers each line with the process id of an engine, which calls a port of loopback and says there what happens.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from curation_core import hookimpl
from curation_core.engine import Engine
from curation_core.policy import Policy
from curation_core.settings import DatabaseSettings, HostSettings, Settings
from curation_core.testing._doubles import FaultPoints, Lifespan, WatchedHost, WatchedStore
from curation_core.testing.clock import CLOCK_FUNCTION
from curation_core.testing.faults import Cut, Delay, Die, Fault, Faults, Hold
from curation_core.testing.loading import load, plugin_settings
from curation_core.testing.loopback import Place
from curation_core.testing.measuring import files, memory, others, remember_temporary_files

KINDS: Mapping[str, Callable[[float], Fault]] = {
    "Die": lambda _: Die(),
    "Cut": lambda _: Cut(),
    "Hold": lambda _: Hold(),
    "Delay": Delay,
}


def main() -> None:
    """Import, then fork an engine for each line."""
    told = json.loads(sys.argv[1])
    sys.path[:] = told["path"]
    host, lifespan = source(told)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(become_engine(json.loads(line), host, lifespan))
        print(child, flush=True)  # noqa: T201 - this is how it answers


def source(told: Mapping[str, Any]) -> tuple[WatchedHost, Lifespan | None]:
    """The plugin, and what takes the place of its lifespan."""
    if told["suite"] is None:
        return load(told["name"], told["reference"]), None
    path, name = told["suite"]
    spec = spec_from_file_location(Path(path).stem, path)
    if spec is None or spec.loader is None:
        message = f"{path} is no module"
        raise ImportError(message)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    case = getattr(module, name).case
    return load(case.workflow, case.plugin), case.lifespan(Place(told["http"]))


def become_engine(order: Mapping[str, Any], host: WatchedHost, lifespan: Lifespan | None) -> int:
    """Be an engine until it is over; the exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    try:
        asyncio.run(work(order, host, lifespan))
    except BaseException:  # noqa: BLE001 - it must not go on as the process that it was forked from
        traceback.print_exc()
        return 1
    return 0


async def work(order: Mapping[str, Any], host: WatchedHost, lifespan: Lifespan | None) -> None:
    """Run one engine, and say what happens."""
    reader, writer = await asyncio.open_connection("127.0.0.1", order["port"])

    def say(*words: object) -> None:
        writer.write((" ".join(map(str, words)) + "\n").encode())

    points = FaultPoints(order["url"], Faults(mortal=True))
    holds: list[Hold] = []
    for point, kind, seconds in order["faults"]:
        fault = points.faults.put(point, KINDS[kind](seconds))
        if isinstance(fault, Hold):
            holds.append(fault)
    host.change = lambda bound: points.around(bound, lifespan)
    if order["measure_at"]:
        remember_temporary_files()
    host.register(_observer(say, order["measure_at"]), "tests-observer")
    name = host.name
    settings = Settings(
        database=DatabaseSettings(clock=CLOCK_FUNCTION),
        host=HostSettings.model_validate(order["host"]),
        policies={name: Policy.model_validate(order["policy"])},
        plugin_settings={name: plugin_settings(host.workflows[name], order["settings"])},
    )
    store = WatchedStore(order["url"], settings.database, settings.host.lost_after, points)
    engine = Engine(host, settings, store)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, engine.stop)
    obeying = asyncio.create_task(_obey(reader, engine, holds))
    telling = [asyncio.create_task(_tell_when_held(hold, say)) for hold in holds]
    say("ready")
    summary = await engine.run(until_idle=order["until_idle"])
    say("over", json.dumps(summary.counts.get(name, {})), *summary.faults.values())
    for task in (obeying, *telling):
        task.cancel()
    await store.close()
    await writer.drain()
    writer.close()


async def _obey(reader: asyncio.StreamReader, engine: Engine, holds: list[Hold]) -> None:
    while line := (await reader.readline()).decode().strip():
        if line == "stop":
            engine.stop()
        elif line == "release":
            for hold in holds:
                await hold.release()
    os._exit(1)  # whoever started it is gone, killed perhaps


async def _tell_when_held(hold: Hold, say: Callable[..., None]) -> None:
    await hold.arrived(deadline=3600)
    say("held")


def _observer(say: Callable[..., None], measure_at: list[int]) -> ModuleType:
    settled = 0

    def on_settled(item: str, outcome: str) -> None:
        nonlocal settled
        settled += 1
        if not measure_at:
            say("settled", item, outcome)
        elif settled in measure_at:
            say("measured", settled, memory(), files(), json.dumps(others()))

    module = ModuleType("tests_observer")
    module.on_settled = hookimpl(on_settled)  # type: ignore[attr-defined]  # a plugin is any module with hooks
    return module


if __name__ == "__main__":
    main()
