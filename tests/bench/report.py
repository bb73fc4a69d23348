"""From what was measured to figures, targets and a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any


def p99(values: list[float]) -> float:
    """The value that 99 of a hundred do not exceed."""
    return quantiles(values, n=100, method="inclusive")[98]


@dataclass(frozen=True)
class Target:
    """A promise about a figure.

    Args:
        says: The promise.
        measured: The figure; ``None`` where it was not measured.
        bound: Its bound.
        at_least: Whether the figure must not be below, instead of above, the bound.
    """

    says: str
    measured: float | None
    bound: float
    at_least: bool = True

    @property
    def met(self) -> bool:
        """Whether the promise holds."""
        if self.measured is None:
            return False
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def __str__(self) -> str:
        found = "not measured" if self.measured is None else f"{self.measured:.2f}"
        verdict = "met" if self.met else "missed"
        return f"{verdict:8}{self.says:68}{'≥' if self.at_least else '≤'} {self.bound:<6g} {found:>12}"


def figures(
    rates: dict[str, list[float]], claims: dict[str, list[float]], wakes: dict[str, list[float]]
) -> dict[str, Any]:
    """What is kept.

    Args:
        rates: For each contestant its items a second, round by round.
        claims: For each situation the seconds of its claims.
        wakes: The seconds of the wake-ups, and of notifications alone.
    """
    middle = {name: median(found) for name, found in rates.items()}
    return {
        "rates": {name: round(rate) for name, rate in middle.items()},
        "rates_by_round": {name: [round(rate) for rate in found] for name, found in rates.items()},
        "ratios_to_engine_noop": {name: round(rate / middle["engine_noop"], 3) for name, rate in middle.items()},
        "claim_ms_p50": {name: _milli(median(found)) for name, found in claims.items()},
        "claim_ms_p99": {name: _milli(p99(found)) for name, found in claims.items()},
        **{f"{name}_ms": {"p50": _milli(median(found)), "p99": _milli(p99(found))} for name, found in wakes.items()},
    }


def targets(found: dict[str, Any]) -> list[Target]:
    """Every target with its figure."""
    rates, claims, wakes = found["rates"], found["claim_ms_p50"], found["wake_ms"]

    def rate(one: str, other: str) -> float | None:
        return rates[one] / rates[other] if one in rates and other in rates else None

    small, *larger = claims
    return [
        Target("engine, no-op plugin, against the classic loop", rate("engine_noop", "classic"), 40),
        Target("engine, no-op plugin, against its bare statements", rate("engine_noop", "floor"), 0.35),
        Target("engine, no-op plugin, against pgqueuer", rate("engine_noop", "pgqueuer"), 1.5),
        Target("engine, a row for each item, against its no-op plugin", rate("engine_orm", "engine_noop"), 0.5),
        *(
            Target(f"claim p50, {name} rows, against {small}", claims[name] / claims[small], 1.3, at_least=False)
            for name in larger
        ),
        Target("wake-up to process_item, p50, ms", wakes["p50"], 1.5, at_least=False),
        Target("wake-up to process_item, p99, ms", wakes["p99"], 4, at_least=False),
    ]


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The figures as a table for a terminal."""
    rates, rounds = found["rates"], found["rates_by_round"]
    yield f"{'':14}{'bigint key':>24}{'':>8}{'random uuid key':>24}"
    yield f"{'items/s':14}{'median':>8}{'min-max':>16}{'ratio':>8}{'median':>8}{'min-max':>16}{'ratio':>8}"
    for name in rates:
        if not name.endswith("_uuid"):
            yield name.ljust(14) + "".join(_rate(key, rates, rounds) for key in (name, f"{name}_uuid"))
    yield ""
    yield f"{'claim, ms':26}{'p50':>8}{'p99':>8}{'ratio':>8}"
    smallest = next(iter(found["claim_ms_p50"].values()))
    for name, middle in found["claim_ms_p50"].items():
        yield f"{name:26}{middle:8.2f}{found['claim_ms_p99'][name]:8.2f}{middle / smallest:8.2f}"
    yield ""
    for name in ("wake", "notification"):
        yield f"{name + ', ms':26}{found[name + '_ms']['p50']:8.2f}{found[name + '_ms']['p99']:8.2f}"
    yield ""
    yield from map(str, targets(found))


def _milli(seconds: float) -> float:
    return round(seconds * 1e3, 3)


def _rate(name: str, rates: dict[str, int], rounds: dict[str, list[int]]) -> str:
    if name not in rates:
        return f"{'-':>8}{'':24}"
    spread = f"{min(rounds[name])}-{max(rounds[name])}"
    ratio = rates[name] / rates["engine_noop"]
    return f"{rates[name]:8}{spread:>16}{ratio:8.3f}"
