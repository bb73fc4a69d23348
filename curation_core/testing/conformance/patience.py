"""How long one attempt may take when it meets what goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from curation_core.testing.conformance.bench import Bench, HarnessError, refuse
from curation_core.testing.harness import Harness
from curation_core.testing.waiting import eventually

LONGEST = 20.0
"""Seconds: clients that try again three times, with waits that double from one second, are through in seven."""
IMPATIENT = (
    "a client that tries again by itself keeps the row, and a place among those that run, meanwhile: give it "
    "few attempts and short waits here (settings=), and let the engine try again: raise the error, or return Retry(…)"
)


async def attempted(bench: Bench, harness: Harness, number: int, tried: str) -> Sequence[Row[Any]]:
    """Wait until so many items have each had an attempt, with an engine at work.

    Args:
        bench: Remembers that it took too long.
        harness: Where they run.
        number: How many.
        tried: What went wrong for them, as the author reads it.

    Returns:
        The history.

    Raises:
        Nonconforming: ``process_item`` takes longer than anybody should wait.
    """

    async def enough() -> Sequence[Row[Any]]:
        history = await harness.history()
        return history if len({row.item for row in history}) >= number else ()

    try:
        return await eventually(enough, LONGEST)  # type: ignore[no-any-return]  # what enough gave
    except HarnessError:
        if harness.running:
            bench.too_patient = f"{tried}: process_item was still running after {LONGEST:g} s"
            refuse(bench.too_patient, IMPATIENT)
    return await eventually(enough)  # type: ignore[no-any-return]  # it is the engine that is slow
