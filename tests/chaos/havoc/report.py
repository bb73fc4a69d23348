"""From outcomes to a table, a file and a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from havoc.measure import ENOUGH
from havoc.ours import Ours
from havoc.trial import Outcome

HELD_AGAIN_WITHIN = 5.0
"""Seconds after a kill within which everything that the host held should run again, with `lost_after` 2 s."""


DRAINS_WITHIN = 20.0
"""Seconds within which two thousand queued rows should be worked off, at a fifth of the usual throughput."""


def figures(outcome: Outcome) -> dict[str, Any]:
    """What is kept of a trial. Ratios are to the throughput before; seconds that never came are null."""
    counts = outcome.counts
    return {
        "contestant": outcome.contestant,
        "fault": outcome.fault,
        "items": counts.items,
        "effects": counts.effects,
        "lost": counts.lost,
        "given_up": counts.given_up,
        "doubled": counts.doubled,
        "zombies": counts.zombies,
        "attempts_charged": counts.charged,
        "throughput_before": round(outcome.before, 1),
        "throughput_during": _ratio(outcome.during, outcome.before),
        "throughput_ratio": _ratio(outcome.after, outcome.before),
        "recovered_s": _seconds(outcome.recovered_in),
        "held": outcome.held,
        "held_again_s": _seconds(outcome.held_again),
        "outside_calls": outcome.calls,
        "overruled": counts.overruled,
        "hosts_ended": outcome.ended,
        "hosts_deaf": outcome.deaf,
        "drained_s": _seconds(outcome.drained_in),
    }


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The lines of the table for a terminal."""
    yield (
        f"{'fault':27}{'items':>8}{'effects':>9}{'lost':>6}{'given up':>10}{'doubled':>9}{'zombies':>9}{'charged':>9}"
        f"{'before/s':>10}{'during':>8}{'after':>7}{'recovered':>11}{'held again':>12}"
    )
    for outcome in outcomes:
        found = figures(outcome)
        yield (
            f"{_name(outcome):27}{found['items']:8}{found['effects']:9}{found['lost']:6}{found['given_up']:10}{found['doubled']:9}"
            f"{found['zombies']:9}{found['attempts_charged']:9}{found['throughput_before']:10.0f}"
            f"{found['throughput_during']:8.0%}{found['throughput_ratio']:7.0%}"
            f"{_shown(found['recovered_s']):>11}{_shown(found['held_again_s']) if outcome.held else '-':>12}"
        )


def misses(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A line for each target that a trial missed, those of correctness first in each."""
    for outcome in outcomes:
        found = figures(outcome)
        for what in ("lost", "doubled", "zombies"):
            if found[what]:
                yield f"{_name(outcome)}: {found[what]} {what}"
        if outcome.counts.given_up:
            yield f"{_name(outcome)}: {outcome.counts.given_up} of these were given up by the rule for such rows"
        if outcome.ended:
            yield f"{_name(outcome)}: {outcome.ended} hosts ended by themselves"
        if outcome.drained_in > DRAINS_WITHIN:
            yield f"{_name(outcome)}: what was queued was worked off only after {_shown(outcome.drained_in)}"
        if outcome.deaf:
            yield f"{_name(outcome)}: {outcome.deaf} hosts did not stop when they were told to"
        if found["throughput_ratio"] < ENOUGH or found["recovered_s"] is None:
            yield f"{_name(outcome)}: throughput came back to {found['throughput_ratio']:.0%} of before"
        if outcome.held and not (outcome.held_again or float("inf")) <= HELD_AGAIN_WITHIN:
            yield f"{_name(outcome)}: what a host held ran again after {_shown(found['held_again_s'])}"


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """1 if anything was lost or doubled, or hangs; a throughput is told, and fails nothing."""
    return int(not all(outcome.counts.sound for outcome in outcomes))


def _name(outcome: Outcome) -> str:
    return outcome.fault if outcome.contestant == Ours.name else f"{outcome.fault}, {outcome.contestant}"


def _ratio(one: float, other: float) -> float:
    return round(one / other, 3) if other else 0.0


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _shown(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.1f} s"
