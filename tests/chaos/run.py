"""Break everything that can be broken around real hosts, and count what became of every row.

Prints a line for each fault. The exit code is 1 if a row of the engine was lost, had two effects, or hangs. Throughput
and times are figures of this machine while it does what else it does; a target that is missed is named, no more.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from havoc import report
from havoc.contestant import Contestant
from havoc.faults import FAULTS, PUBLIC, Kind
from havoc.luck import luck
from havoc.ours import Ours
from havoc.server import Server
from havoc.soak import Soak
from havoc.trial import Outcome, Scenario, trial

BY_NAME = {fault.__name__: fault for fault in FAULTS}
SOAK_MINUTES = 2.0


def say(line: str) -> None:
    """Tell whoever watches, while the table is not there yet."""
    print(line, file=sys.stderr, flush=True)


def scenarios(chosen: argparse.Namespace) -> Iterator[tuple[Contestant, Scenario]]:
    """What was chosen; without a choice, every fault by itself, and all of them together."""
    for name in chosen.fault or ([] if chosen.soak else BY_NAME):
        fault = BY_NAME[name]
        scenario = Scenario(name, fault, by_network=FAULTS[fault] is Kind.NETWORK)
        yield Ours(), scenario
        if chosen.peer and fault in PUBLIC:
            from havoc.peer import Peer  # noqa: PLC0415 - only where it is installed

            yield Peer(), scenario
    if chosen.soak or not chosen.fault:
        yield Ours(), Scenario("soak", Soak((chosen.soak or SOAK_MINUTES) * 60, say), by_network=True)


async def everything(chosen: argparse.Namespace) -> list[Outcome]:
    """Run what was chosen, one after the other."""
    found = []
    async with Server.running() as server:
        say(f"{server.description}; {os.cpu_count()} processors; seed {chosen.seed}")
        for contestant, scenario in scenarios(chosen):
            say(f"{scenario.name}, {contestant.name} …")
            keep = chosen.keep and chosen.keep / f"{scenario.name}-{contestant.name}"
            found.append(await trial(contestant, server, scenario, luck(chosen.seed, scenario.name), keep))
            say("\n".join(report.table(found[-1:])))
        say("load over the last 1, 5 and 15 minutes, this included: {:.1f}, {:.1f}, {:.1f}".format(*os.getloadavg()))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="nox -s chaos --", description=__doc__)
    parser.add_argument("--fault", action="append", choices=BY_NAME, help="only this one; may be repeated")
    parser.add_argument(
        "--soak",
        type=float,
        nargs="?",
        const=SOAK_MINUTES,
        metavar="MINUTES",
        help=f"only the soak: faults at random and at once, for so long (default: {SOAK_MINUTES:g})",
    )
    parser.add_argument(
        "--seed", type=int, default=luck(time.time_ns()).randrange(10**6), help="of the soak and the victims"
    )
    parser.add_argument("--peer", action="store_true", help="the five public faults also for pgqueuer")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the hosts' logs")
    chosen = parser.parse_args()
    found = asyncio.run(everything(chosen))
    print("\n".join(report.table(found)))
    print("\n".join(report.misses(found)) or "every target is met")
    if chosen.json:
        chosen.json.write_text(json.dumps([report.figures(outcome) for outcome in found], indent=2) + "\n")
    return report.exit_code([outcome for outcome in found if outcome.contestant == Ours.name])


if __name__ == "__main__":
    sys.exit(main())
