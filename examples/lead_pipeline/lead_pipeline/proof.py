"""What must hold of what the workflows did: counted from the engine's history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from lead_pipeline.fates import Fate
from lead_pipeline.finding import Finding, some
from lead_pipeline.history import History

OFTEN = {0: "never", 1: "once", 2: "twice"}
ASKED_AGAIN = frozenset(("retry", "lost"))
"""Outcomes after which a row runs again: its workflow asked for it, or its host died."""


def judge_workflow(history: History, fates: Mapping[str, Fate], names: Mapping[str, str]) -> Iterator[Finding]:
    """What must hold of one workflow's history.

    Args:
        history: What the engine wrote down.
        fates: How each row must end, by a name that is known beforehand.
        names: The rows' names by their keys.
    """
    endings = history.endings
    by_name = {names.get(key, f"row {key}"): entries for key, entries in endings.items()}
    times = Counter(len(by_name.get(name, ())) for name in fates)
    counted = ", ".join(f"{rows:,} {OFTEN.get(count, f'{count} times')}" for count, rows in sorted(times.items()))
    yield Finding("every queued row ended exactly once", set(times) <= {1}, counted)
    strangers = sorted(set(by_name) - set(fates))
    yield Finding("no other row was touched", not strangers, some(strangers) or "0 others")
    other = [
        f"{name}: {entry.outcome} {entry.reason!r}"
        for name, fate in fates.items()
        for entry in by_name.get(name, ())
        if entry.outcome != fate.ending or fate.code not in entry.reason
    ]
    ended = sum(name in by_name for name in fates) - len(other)
    right = not other and ended == len(fates)
    yield Finding("every row ended as it was made to", right, some(other) or f"{ended:,} of {len(fates):,}")
    strange = {outcome: n for outcome, n in history.outcomes.items() if outcome in {"released", "overruled", "paused"}}
    late = [
        names.get(entry.key, entry.key)
        for entry in history.entries
        if entry.outcome in ASKED_AGAIN and entry.key in endings and entry.claimed_at > endings[entry.key][0].claimed_at
    ]
    again = sum(history.outcomes[outcome] for outcome in ASKED_AGAIN)
    yield Finding(
        "nothing ran again that was not to", not strange and not late, some(late) or f"{again} retried or lost"
    )
