"""Run one attempt: the plugin's code, whatever it does, to a verdict."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from typing import Any

from pydantic import BaseModel

from curation_core import _judge
from curation_core._cancelling import cancelled_from_outside
from curation_core._logging import log_context
from curation_core.attempt import Attempt
from curation_core.claims import Claim, Verdict
from curation_core.host import BoundWorkflow
from curation_core.outcomes import Outcome
from curation_core.policy import Policy

_logger = logging.getLogger(__name__)


class Executor:
    """Runs the attempts of one workflow.

    Args:
        bound: The workflow and its plugin's hooks.
        policy: Its attempts and waits.
        settings: The plugin's own settings.
        resources: What its ``lifespan`` yielded.
        worker: This process among the workers, for the log lines.
    """

    def __init__(
        self, bound: BoundWorkflow, policy: Policy, settings: BaseModel | None, resources: Any, worker: str
    ) -> None:
        self._bound = bound
        self._policy = policy
        self._settings = settings
        self._resources = resources
        self._worker = worker

    async def run(self, claim: Claim) -> Verdict:
        """Run an attempt to its verdict.

        Raises:
            asyncio.CancelledError: The attempt was cancelled from outside. Nothing else is ever raised: what a plugin
                raises, ``SystemExit`` and ``CancelledError`` of its own included, is its item's error.
        """
        attempt = self._attempt(claim)
        started = time.perf_counter()
        with log_context(workflow=self._bound.name, item=claim.item, attempt=claim.attempt, worker=self._worker):
            try:
                returned = await self._bound.process(claim.row, attempt, self._resources, self._settings)
                complaint = self._nonsense(returned)
                if complaint:
                    raise TypeError(complaint)  # noqa: TRY301 - what was returned is an error like any that was raised
            except BaseException as error:
                if isinstance(error, asyncio.CancelledError) and cancelled_from_outside():
                    raise
                return self.decide(claim, error, time.perf_counter() - started)
            return _judge.judge(claim, returned, self._policy, time.perf_counter() - started)

    def decide(self, claim: Claim, error: BaseException, seconds: float) -> Verdict:
        """The verdict on an error: the plugin's ``on_error`` has the first word, the policy the last."""
        on_error = self._bound.on_error
        if on_error is None or not isinstance(error, Exception):
            return self._undecided(claim, error, seconds)
        try:
            decided: object = on_error(claim.row, error, self._attempt(claim))
            if decided is not None and not isinstance(decided, Outcome):
                message = f"on_error returned {decided!r}, which is no Outcome"
                raise TypeError(message)  # noqa: TRY301 - a wrong answer is handled like an exception in the hook
            verdict = None if decided is None else _judge.judge(claim, decided, self._policy, seconds)
        except BaseException as second:
            _logger.exception("on_error raised")
            reason = f"{_judge.describe(error)}; then on_error raised {_judge.describe(second)}"
            return _judge.judge_error(claim, RuntimeError(reason), self._policy, seconds)
        if verdict is None:
            return self._undecided(claim, error, seconds)
        _logger.info("attempt %d: %s, which on_error makes %s", claim.attempt, _judge.describe(error), decided)
        return verdict

    def _undecided(self, claim: Claim, error: BaseException, seconds: float) -> Verdict:
        # The plugin did not expect it, so its author wants the traceback; once, since further attempts repeat it.
        trace = error if claim.attempt == 1 else None
        _logger.warning("attempt %d went wrong: %s", claim.attempt, _judge.describe(error), exc_info=trace)
        return _judge.judge_error(claim, error, self._policy, seconds)

    def _attempt(self, claim: Claim) -> Attempt:
        return Attempt(
            workflow=self._bound.name,
            item=claim.item,
            number=claim.attempt,
            max_attempts=self._policy.max_attempts,
            claimed_at=claim.claimed_at,
            idempotency_key=f"{self._bound.name}:{claim.item}:{claim.queueing}",
        )

    def _nonsense(self, returned: Any) -> str:
        if returned is None:
            return ""
        if isinstance(returned, (type, BaseException)):
            return f"process_item returned {returned!r}: return an instance of an outcome, or raise"
        if inspect.isawaitable(returned) or inspect.isasyncgen(returned):
            if inspect.iscoroutine(returned):
                returned.close()
            return f"process_item returned {type(returned).__name__}, which nobody awaited: await it, in an `async def`"
        if returned is False and self._bound.save is None:
            return "process_item returned False, and there is no save_result to read it: return Fail(reason) or raise"
        return ""
