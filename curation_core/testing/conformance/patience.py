"""How long one attempt may take when it meets what goes wrong."""

from __future__ import annotations

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


async def first_attempt(bench: Bench, harness: Harness, tried: str) -> Row[Any]:
    """Wait until one attempt has ended, with an engine at work.

    Args:
        bench: Remembers that it took too long.
        harness: Where it runs.
        tried: What it meets, as the author reads it.

    Returns:
        What the history has of it.

    Raises:
        Nonconforming: ``process_item`` takes longer than anybody should wait.
    """
    try:
        history = await eventually(harness.history, LONGEST)
    except HarnessError:
        if harness.running:
            bench.too_patient = f"{tried}: process_item was still running after {LONGEST:g} s"
            refuse(bench.too_patient, IMPATIENT)
        history = await eventually(harness.history, 2 * LONGEST)  # it is the engine that is slow
    first: Row[Any] = history[0]
    return first
