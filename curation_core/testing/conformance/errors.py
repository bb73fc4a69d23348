"""Checks of what errors come to, and of what a person reads about them."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Any

from sqlalchemy import Row

from curation_core._declared import swallowing_findings
from curation_core.outcomes import Done, Fail, Outcome, Pause, Retry, Skip
from curation_core.testing.conformance.bench import Bench, refuse
from curation_core.testing.conformance.case import Cause
from curation_core.testing.conformance.patience import first_attempt
from curation_core.testing.faults import Raise
from curation_core.testing.loading import load
from curation_core.testing.loopback import Answer

WORDS: dict[type[Outcome], str] = {Done: "done", Skip: "skipped", Retry: "retry", Fail: "failed", Pause: "paused"}
UNEXPECTED = RuntimeError("the conformance suite broke this attempt")
UNREADY = Answer("the conformance suite", 500)
BROKEN = (Answer(broken="reset"), UNREADY)
"""Answers from which nothing can be learnt."""
UNREADABLE = re.compile(r"0x[0-9a-f]{6,}|Traceback \(most recent|^\W*$|<[\w.]+ object", re.IGNORECASE)
PREFIX = re.compile(r"^\w+(?:Error|Exception)?:\s*")
ENOUGH = 2  # words, beyond the kind of the error


async def decided(bench: Bench) -> None:
    """Each cause comes to its outcome."""
    for finding in swallowing_findings(load(bench.case.workflow, bench.case.plugin).workflows[bench.case.workflow]):
        refuse(*finding)
    for cause, outcome in bench.case.errors.items():
        first = await first_outcome(bench, cause)
        told = f"{_shown(cause)} came to {first.outcome!r} ({first.reason or 'no reason'})"
        if first.outcome != WORDS[outcome]:
            refuse(f"{told}, not to {WORDS[outcome]!r}", "decide on it in on_error, or return the outcome")
        if outcome is not Done and not readable(first.reason):
            remedy = "say in a few words what is wrong with which row, and what to do: Fail('the site has no sitemap')"
            refuse(f"{told}: a person can't read that reason", remedy)
    for answer in BROKEN:
        await _takes_for_no_success(bench, answer)
    first = await first_outcome(bench, UNEXPECTED)
    if "on_error raised" in first.reason:
        refuse(
            f"an unexpected error: {first.reason}", "return None from on_error for every error that it does not know"
        )
    if first.outcome in ("done", "skipped"):
        refuse(
            f"an unexpected error came to {first.outcome!r}, as if the item had been processed",
            "return None from on_error for every error that it does not know: the policy decides then",
        )


async def _takes_for_no_success(bench: Bench, answer: Answer) -> None:
    if any(isinstance(cause, Answer) and _same_kind(cause, answer) for cause in bench.case.errors):
        return
    asked = len(bench.http.requests)
    first = await first_outcome(bench, answer)
    if first.outcome == "done" and len(bench.http.requests) > asked:
        refuse(
            f"{_shown(answer)} to every request came to 'done', as if the item had been processed",
            "let the error through, or decide on it in on_error; catch nothing that is not expected. If it is well "
            f"so, say it: errors={{{_written(answer)}: Done}}",
        )


def _same_kind(one: Answer, other: Answer) -> bool:
    return (one.status // 100, one.broken) == (other.status // 100, other.broken)


def readable(reason: str) -> bool:
    """Whether a person can make something of a reason: some words, and no addresses of objects."""
    words = re.findall(r"[^\W\d_]{2,}", PREFIX.sub("", reason))
    return len(words) >= ENOUGH and not UNREADABLE.search(reason)


async def first_outcome(bench: Bench, cause: Cause) -> Row[Any]:
    """What the history has of the first attempt that meets a cause."""
    raised = cause() if isinstance(cause, type) else cause
    maker = cause if callable(cause) and not isinstance(cause, type) else None
    async with bench.harness(items=0) as harness:
        await bench.queue(harness, 1, make=maker)
        with ExitStack() as stack:
            if isinstance(raised, Answer):
                stack.enter_context(bench.http.everywhere(raised))
            elif isinstance(raised, BaseException):
                harness.faults.put("before_process", Raise(raised))
            async with harness.engine():
                return await first_attempt(bench, harness, _tried(cause))


def _tried(cause: Cause) -> str:
    return f"{_written(cause)} to every request" if isinstance(cause, Answer) else _shown(cause)


def _written(answer: Answer) -> str:
    return f"Answer(broken={answer.broken!r})" if answer.broken else f"Answer(status={answer.status})"


def _shown(cause: Cause) -> str:
    if isinstance(cause, Answer):
        return f"an answer {cause.broken or cause.status}"
    return repr(cause) if isinstance(cause, (BaseException, type)) else f"the item of {cause.__qualname__}"
