"""A run from its first claim to its exit code: one process with an engine, or several under a supervisor."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from curation_core._cli.exits import Exit
from curation_core._cli.options import Chosen
from curation_core._cli.output import write_table
from curation_core._cli.processes import Supervisor
from curation_core._cli.progress import reporting
from curation_core._cli.session import Loaded, TableFault, database_url, open_store
from curation_core.engine import Engine, Summary
from curation_core.settings import Settings

SIGNALS = (signal.SIGINT, signal.SIGTERM)
COLLECT_AFTER = (50_000, 20, 100)
"""Objects made since the last collection, and collections of one generation before the next is looked at."""


async def work(loaded: Loaded, names: tuple[str, ...], *, until_idle: bool, parent_pipe: bool) -> int:
    """Run an engine in this process until it is told to stop, or is idle.

    Args:
        loaded: The plugins and the settings.
        names: The workflows to run; empty for all that are enabled.
        until_idle: Whether to stop when nothing is left.
        parent_pipe: Whether to stop when the standard input ends.

    Returns:
        The exit code.

    Raises:
        TableFault: No workflow fits its table.
    """
    async with open_store(loaded.settings, patient=False) as store:
        engine = Engine(loaded.host, loaded.settings, store, names)
        signalled = _stop_on_signals(engine.stop)
        if parent_pipe:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _at_end_of_input(engine))
        async with reporting(engine, until_idle=until_idle):
            summary = await engine.run(until_idle=until_idle)
    if signalled:
        return 128 + signalled[0]
    return _judge(summary, until_idle=until_idle)


def _judge(summary: Summary, *, until_idle: bool) -> int:
    if summary.faults and not summary.counts:
        raise TableFault("\n".join(f"{name} can't run: {fault}" for name, fault in summary.faults.items()))
    if until_idle:
        write_table([{"workflow": name, **_columns(counts)} for name, counts in summary.counts.items()])
    return Exit.FOUND if summary.failed or summary.faults else Exit.WELL


def _columns(counts: dict[str, int]) -> dict[str, int]:
    first = {name: counts.get(name, 0) for name in ("done", "skipped", "failed")}
    return {**first, "other": sum(counts.values()) - sum(first.values())}


async def supervise(
    loaded: Loaded, options: Chosen, names: tuple[str, ...], *, until_idle: bool, processes: int
) -> int:
    """Run several processes until they are told to stop, or are idle. Returns the exit code; see `work`."""
    arguments = [*_handed_on(options, names), *(["--until-idle"] if until_idle else [])]
    # The address goes by the environment: that of a server of our own, and one with a password, which `ps` would show.
    with database_url(loaded.settings.database) as url:
        async with open_store(loaded.settings, url=url):
            pass  # one message and not one of each process, should something be wrong
        supervisor = Supervisor(arguments, url, processes)
        signalled = _stop_on_signals(lambda: supervisor.forward(signalled[-1]))
        code = await supervisor.run()
    return 128 + signalled[0] if signalled else code


async def reload(settings: Settings, options: Chosen, names: tuple[str, ...]) -> int:
    """Run a process that is started again at every change of a plugin's file. Returns the exit code of the signal."""
    from curation_core._cli.reloading import Reloader

    with database_url(settings.database) as url:
        async with open_store(settings, url=url):
            pass  # what no change of a plugin mends is told before anything is waited for
        reloader = Reloader(_handed_on(options, names), url, options.plugins)
        signalled = _stop_on_signals(lambda: reloader.forward(signalled[-1]))
        await reloader.run()
    return 128 + signalled[0]


def _handed_on(options: Chosen, names: tuple[str, ...]) -> list[str]:
    arguments = [f"--workflow={name}" for name in names]
    arguments += [f"--plugin={reference}" for reference in options.plugins]
    arguments += [f"--config={options.config}"] if options.config else []
    arguments += ["--strict"] if options.strict else []
    return [*arguments, "--parent-pipe"]


def _stop_on_signals(stop: Callable[[], None]) -> list[int]:
    """Call ``stop`` at a signal; a third one ends the process. Returns the signals that came, as they come."""
    loop = asyncio.get_running_loop()
    came: list[int] = []

    def on_signal(number: int) -> None:
        came.append(number)
        stop()
        if len(came) > 1:
            for each in SIGNALS:
                loop.remove_signal_handler(each)

    for number in SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    return came


def _at_end_of_input(engine: Engine) -> Callable[[], None]:
    def on_input() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            engine.stop()

    return on_input


def on_a_fast_loop(main: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine as a host process does: on uvloop where there is one, with little garbage collection.

    An item leaves some twenty short-lived objects. At the default threshold of 700 the collector looks through what
    lives at that moment 30 times for 1,000 items, a third of the client's time: docs/decisions/0004 has the figures.
    """
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
