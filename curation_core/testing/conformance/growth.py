"""The check of what a thousand items leave behind in their process."""

from __future__ import annotations

import json
from collections.abc import Mapping

from curation_core.testing.conformance.bench import Bench, HarnessError, refuse

HALF, ALL = 500, 1000
MORE_MEMORY = 20 * 10**6
"""Bytes between the five hundredth item and the thousandth: 40 kB an item. Caches of a thousand names that fill up take
half of that: measured with a client that meets a new host with each item, and stays as it is after the thousandth."""
MORE_FILES = 5
MORE_OTHERS = 50
EACH = 4
"""Tasks and threads of one name that an item may have while it runs; as many items as may run at once have them."""
PATIENCE = 120.0  # seconds
SOON = "mend what is said there; or, if each item has to wait, let settings= or resources= take its wait away"
REMEDIES: Mapping[str, str] = {
    "child processes": "wait for each: `await process.wait()` in a `finally` after kill(), or subprocess.run",
    "threads": "start one executor or client in lifespan, shut it down there, and let the items use it",
    "tasks": "await what an item starts, in `async with asyncio.TaskGroup()`; what serves all starts in lifespan",
    "temporary files": "make them with `with`: tempfile.TemporaryDirectory(), NamedTemporaryFile without delete=False",
}


async def flat(bench: Bench) -> None:
    """Memory, open files and what was started, measured in a process of its own."""
    async with bench.harness(ALL) as harness:
        concurrency = max(10, harness.policy().concurrency)
        process = await harness.start(
            until_idle=True, measure_at=(HALF, ALL), batch_size=50, concurrency=concurrency, max_instances=0
        )
        try:
            half, end = await process.said("measured", times=2, deadline=PATIENCE)
            await process.died()
        except HarnessError as error:
            refuse(f"{ALL} items did not come to their end: {error}", SOON)
    memory, files = ([int(line.split()[at]) for line in (half, end)] for at in (2, 3))
    if memory[1] - memory[0] > MORE_MEMORY:
        refuse(
            f"{ALL - HALF} items left {(memory[1] - memory[0]) / 1e6:.0f} MB behind",
            "keep nothing for each item in a module or in resources; a cache needs a bound",
        )
    if files[1] - files[0] > MORE_FILES:
        refuse(
            f"{ALL - HALF} items left {files[1] - files[0]} files or sockets open",
            "open with `with` or `async with`, and one client session in lifespan instead of one an item",
        )
    # Python has a thread for each child process that it waits for, so the children are told of first.
    before, after = (json.loads(line.split(maxsplit=4)[4]) for line in (half, end))
    for kind, remedy in REMEDIES.items():
        for name, number in after[kind].items():
            more = number - before[kind].get(name, 0)
            if more > max(MORE_OTHERS, EACH * concurrency):
                refuse(f"{ALL - HALF} items left {more} {kind} behind ({name})", remedy)
