"""Measure the engine beside a loop written by hand, its own bare statements and another queue, on one machine.

Every contestant is a process of its own on the same durable PostgreSQL, in turns, round after round. The figures say
how the contestants compare on this machine while it does what else it does; they never fail a build.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import database
import report
from race import HERE, Contestant, Ours, Peer, Saving, race
from tables import Key

from curation_core._postgres import EmbeddedPostgres


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Args:
        rounds: How often each contestant runs.
        classic: Rows for the loop written by hand.
        items: Rows for every other contestant.
        small: Rows queued where a claim is measured, few.
        large: The same, many.
        wake_ups: How many are timed.
    """

    rounds: int = 5
    classic: int = 2_000
    items: int = 60_000
    small: int = 10_000
    large: int = 1_000_000
    wake_ups: int = 300


QUICK = Effort(rounds=1, classic=200, items=10_000, large=50_000, wake_ups=50)
BATCH = 500


def contestants(effort: Effort) -> list[Contestant]:
    """Who runs, in this order; pgqueuer where it is installed."""
    found: list[Contestant] = []
    for key, suffix in ((Key.BIGINT, ""), (Key.UUID, "_uuid")):
        found += [
            Contestant(f"classic{suffix}", "classic.py", effort.classic, 10, key),
            Ours(f"engine_noop{suffix}", "noop", effort.items, BATCH, key),
            Saving(f"engine_orm{suffix}", "orm", effort.items, BATCH, key),
            Contestant(f"floor{suffix}", "floor.py", effort.items, BATCH, key),
        ]
    if find_spec("pgqueuer"):
        found.append(Peer("pgqueuer", "peer.py", effort.items, BATCH))
    return found


def measured(script: str, *words: object) -> Any:
    """What a script of this folder found out."""
    print(f"{script} …", file=sys.stderr, flush=True)
    command = [sys.executable, str(HERE / script), *map(str, words)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def measure(effort: Effort, url: str) -> dict[str, Any]:
    """Everything, one after the other. Returns the figures."""
    taking_part = contestants(effort)
    load = [os.getloadavg()[0]]
    asyncio.run(race(url, taking_part, effort.rounds))
    wakes = measured("wake_latency.py", url, effort.wake_ups)
    claims = measured("claim_latency.py", url, effort.small, effort.large)
    load.append(os.getloadavg()[0])
    found = report.figures({each.name: each.rates for each in taking_part}, claims, wakes)
    return found | {"cpus": os.cpu_count(), "load_before_and_after": load}


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    parser.add_argument("--quick", action="store_true", help="a few seconds, to see that everything runs")
    chosen = parser.parse_args()
    with EmbeddedPostgres.throwaway(database.SETTINGS) as server:
        print(server.description, file=sys.stderr, flush=True)
        found = measure(QUICK if chosen.quick else Effort(), server.url)
    print("\n".join(report.lines(found)))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
