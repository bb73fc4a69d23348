"""One of the hosts is killed while it holds rows; and what must hold of that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from lead_pipeline.finding import Finding, some
from lead_pipeline.history import TERMINAL, History, read_held, read_workers
from lead_pipeline.hosts import Operator

ENOUGH = 3
"""Rows that the victim must hold."""
EARLY = 2
"""Attempts that each of them may have had, out of four."""


@dataclass(frozen=True, slots=True)
class Accident:
    """What was seen of a host's death.

    Args:
        pid: Its process.
        held: The rows that it held, as workflow and key.
    """

    pid: int
    held: frozenset[tuple[str, str]]


async def strike(engine: AsyncEngine, operator: Operator, pid: int) -> Accident | None:
    """Kill a host, if it is in the midst of something.

    It is frozen before it is looked at: what it holds would else be done before the blow falls.

    Args:
        engine: The database.
        operator: Who started it.
        pid: The host.

    Returns:
        What was seen; ``None`` if it goes on, since it holds too little, or a row that has few attempts left: a loss
        is charged, and might be that row's end.
    """
    workers = await read_workers(engine)
    of_victim = [worker for worker, process in workers.items() if process == pid]
    operator.freeze(pid)
    held = await read_held(engine, of_victim)
    if len(held) < ENOUGH or max(held.values()) > EARLY:
        operator.thaw(pid)
        return None
    operator.kill(pid)
    return Accident(pid, frozenset(await read_held(engine, of_victim)))


def judge_accident(
    accident: Accident | None, histories: Sequence[History], workers: Mapping[UUID, int]
) -> Iterator[Finding]:
    """What must hold where a host was killed.

    Args:
        accident: What was seen.
        histories: What the engine wrote down.
        workers: The workers' processes.
    """
    held: Collection[tuple[str, str]] = accident.held if accident else ()
    pid = accident.pid if accident else None
    yield Finding("one host was killed while it held rows", bool(held), f"{len(held)} rows")
    entries = [(history.workflow, entry) for history in histories for entry in history.entries]
    lost = [(workflow, entry.key) for workflow, entry in entries if entry.outcome == "lost"]
    once = sorted(lost) == sorted(held)
    yield Finding("those rows were given up as lost, and no others", once, f"{len(lost)} lost, {len(held)} held")
    took_over = {
        (workflow, entry.key)
        for workflow, entry in entries
        if entry.outcome in TERMINAL and workers[entry.worker] != pid
    }
    left = [f"{workflow} {key}" for workflow, key in sorted(set(held) - took_over)]
    yield Finding("the other hosts ended each of them", not left, some(left) or f"{len(held)} rows")


def judge_hosts(
    histories: Sequence[History], workers: Mapping[UUID, int], codes: Mapping[int, int]
) -> Iterator[Finding]:
    """What must hold of the hosts.

    Args:
        histories: What the engine wrote down.
        workers: The workers' processes.
        codes: The processes' exit codes.
    """
    ended = [history.shares(workers) for history in histories]
    shares = {pid: sum(share[pid] for share in ended) for pid in codes}
    yield Finding("every host took part", all(shares.values()), " + ".join(f"{n:,}" for n in shares.values()))
    words = {-9: "killed", 143: "stopped"}
    told = [words.get(code, str(code)) for code in codes.values()]
    expected = ["killed"] + ["stopped"] * (len(codes) - 1)
    yield Finding("the others stopped cleanly when asked to", sorted(told) == expected, ", ".join(told))
