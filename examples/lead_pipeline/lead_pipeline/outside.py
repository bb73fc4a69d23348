"""What those saw of the run whom it asked: the Places API and the websites; and whether that is what it says it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from lead_pipeline.finding import Finding, some
from lead_pipeline.history import History
from lead_pipeline.stored import Stored
from lead_pipeline.truth import Truth


def judge_outside(
    histories: Sequence[History],
    stored: Stored,
    truth: Truth,
    calls: Mapping[str, int],
    requests: Mapping[str, int],
) -> Iterator[Finding]:
    """What the API and the websites must have seen.

    Args:
        histories: What the engine wrote down.
        stored: What stands in the tables.
        truth: What must.
        calls: How often the API was called, by place ID.
        requests: How often each URL was asked for.
    """
    by_name = {history.workflow: history for history in histories}
    scans, imports = by_name["deep-scan"], by_name["sitemap-import"]
    yield judge_asked("each place was paid for once an attempt", calls, truth.places, scans, stored.keys["deep-scan"])
    called = sum(calls.values())
    yield Finding("each call was counted", stored.calls == called, f"{stored.calls:,} counted, {called:,} made")
    keys = stored.keys["sitemap-import"]
    yield judge_asked("each sound sitemap was fetched once an attempt", requests, truth.once, imports, keys)


def judge_asked(
    statement: str, seen: Mapping[str, int], names: Collection[str], history: History, keys: Mapping[str, str]
) -> Finding:
    """Whether those who were asked saw each row's attempts, and no others. A lost one may have come so far, or not.

    Args:
        statement: What is stated of them.
        seen: How often each was asked for.
        names: Which count.
        history: What the engine wrote down.
        keys: The rows' keys by their names.
    """
    attempts = history.attempts
    unlike = []
    for name in sorted(names):
        outcomes = attempts.get(keys.get(name, ""), Counter())
        most, asked = sum(outcomes.values()), seen.get(name, 0)
        if not most - outcomes["lost"] <= asked <= most:
            unlike.append(f"{name}: {asked} times for {most} attempts")
    total = sum(seen.get(name, 0) for name in names)
    return Finding(statement, not unlike, some(unlike) or f"{total:,} times for {len(names):,}")
