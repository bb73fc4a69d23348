"""From what an attempt returned or raised to what its settle shall do. Pure: no clock, no database, no plugin code."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, assert_never

from curation_core._backoff import backoff_delay
from curation_core.claims import MAX_LOST, Claim, Verdict
from curation_core.outcomes import Done, Fail, Outcome, Pause, Retry, Skip
from curation_core.policy import Policy
from curation_core.states import Transition

REASON_LENGTH = 1024
"""Longer reasons are cut: the length of the public ancestor's error columns."""


def judge(claim: Claim, returned: Any, policy: Policy, seconds: float = 0.0) -> Verdict:
    """The verdict on what ``process_item`` or ``on_error`` returned.

    Args:
        claim: Which row.
        returned: A plain result, or an outcome.
        policy: Whose attempts and waits hold.
        seconds: How long the attempt ran.
    """
    if type(returned) not in _OUTCOMES:
        if isinstance(returned, Outcome):
            return failed(claim, f"{type(returned).__name__} is no outcome that the engine knows", None, seconds)
        return Verdict(claim, Transition.COMPLETE, "done", result=returned, saves=True, seconds=seconds)
    outcome: Done | Skip | Retry | Fail | Pause = returned
    match outcome:
        case Done(result, note):
            return Verdict(
                claim, Transition.COMPLETE, "done", shortened(note), result=result, saves=True, seconds=seconds
            )
        case Skip(reason, result=result):
            return Verdict(
                claim, Transition.SKIP, "skipped", shortened(reason), result, result is not None, seconds=seconds
            )
        case Fail(reason, result=result):
            return failed(claim, reason, result, seconds)
        case Retry(timedelta() as after, reason, result=result, charged=False):
            return _again(claim, after, reason, result, seconds, charged=False)
        case Retry(after, reason, result=result):
            return _retry(claim, after, reason, result, policy, seconds)
        case Pause(duration, reason):
            return Verdict(
                claim,
                Transition.RELEASE,
                "paused",
                shortened(reason),
                charged=False,
                pause=duration,
                seconds=seconds,
            )
        case _:
            assert_never(outcome)


def judge_error(claim: Claim, error: BaseException, policy: Policy, seconds: float = 0.0) -> Verdict:
    """The verdict by the policy on an exception that ``on_error`` did not decide."""
    return _retry(claim, None, describe(error), None, policy, seconds)


def release(claim: Claim, reason: str, seconds: float = 0.0) -> Verdict:
    """Give a row back uncharged: nothing went wrong with it."""
    return Verdict(claim, Transition.RELEASE, "released", reason, charged=False, seconds=seconds)


def failed(claim: Claim, reason: str, result: Any, seconds: float) -> Verdict:
    """The verdict that a row can't succeed."""
    return Verdict(claim, Transition.FAIL, "failed", shortened(reason), result, result is not None, seconds=seconds)


def judge_lost(claim: Claim, reason: str, policy: Policy, *, died: bool = True) -> Verdict:
    """The verdict on a row that a worker lost: again after the backoff, unless it was tried or lost too often.

    Args:
        claim: Which row.
        reason: The evidence.
        policy: Whose attempts and waits hold.
        died: Whether the worker's process died, as far as is known, so that the row may have been the reason.
    """
    times = claim.lost + 1
    if died and times >= MAX_LOST:
        told = f"the worker died {times} times while holding this item; the last time: {reason}"
        return Verdict(claim, Transition.ABANDON, "lost", shortened(told), lost=True)
    if claim.attempt >= policy.max_attempts:
        told = f"gave up after {claim.attempt} of {policy.max_attempts} attempts: {reason}"
        return Verdict(claim, Transition.ABANDON, "lost", shortened(told), lost=died)
    wait = backoff_delay(policy.backoff, claim.attempt)
    return Verdict(claim, Transition.RESCUE, "lost", shortened(reason), wait=wait, lost=died)


def describe(error: BaseException) -> str:
    """An exception as a reason: its type and its text. Of a database error what the database said."""
    driver = getattr(error, "orig", None)
    if isinstance(driver, BaseException):
        error = driver.__cause__ or driver
    try:
        text = str(error).strip()
    except Exception:  # noqa: BLE001 - a plugin's exception class may be broken itself
        text = "(its text can't be had)"
    return shortened(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def shortened(reason: str) -> str:
    """A reason that fits: cut to `REASON_LENGTH`, without what PostgreSQL can't store: nulls and lone surrogates."""
    reason = reason.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "backslashreplace").decode("utf-8")
    return reason if len(reason) <= REASON_LENGTH else f"{reason[: REASON_LENGTH - 1]}…"


def _retry(claim: Claim, after: timedelta | None, reason: str, result: Any, policy: Policy, seconds: float) -> Verdict:
    if claim.attempt >= policy.max_attempts:
        if policy.max_attempts > 1:
            reason = f"gave up after {claim.attempt} attempts: {reason}"
        return failed(claim, reason, result, seconds)
    wait = backoff_delay(policy.backoff, claim.attempt) if after is None else after
    return _again(claim, wait, reason, result, seconds)


def _again(claim: Claim, wait: timedelta, reason: str, result: Any, seconds: float, *, charged: bool = True) -> Verdict:
    return Verdict(
        claim,
        Transition.RETRY,
        "retry",
        shortened(reason),
        result,
        result is not None,
        wait=wait,
        charged=charged,
        seconds=seconds,
    )


_OUTCOMES = (Done, Skip, Retry, Fail, Pause)
