"""The calls that tell every plugin what happened, after the commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_logger = logging.getLogger("curation_core.host")


class Observers:
    """Every plugin's observer hooks, compiled once. A call never raises: what a hook raises is logged.

    Args:
        calls: For each observer hook each plugin's name and its call, which takes all parameters by position.

    Attributes:
        has_claimed: Whether anybody wants to know what was claimed; where not, the caller can save itself the call.
        has_settled: The same for what was settled.
        has_rescued: The same for what was rescued.
        has_paused: The same for pauses.
    """

    def __init__(self, calls: Mapping[str, Sequence[tuple[str, Callable[..., Any]]]]) -> None:
        self._calls = calls
        self.has_claimed = bool(calls.get("on_claimed"))
        self.has_settled = bool(calls.get("on_settled"))
        self.has_rescued = bool(calls.get("on_rescued"))
        self.has_paused = bool(calls.get("on_paused"))

    def claimed(self, workflow: str, items: int) -> None:
        """Rows of a workflow were claimed: how many."""
        self._tell("on_claimed", workflow, items)

    def settled(self, workflow: str, item: str, outcome: str, reason: str, attempt: int, seconds: float) -> None:
        """One item was settled, in the history's words, after its attempt ran for so many seconds."""
        self._tell("on_settled", workflow, item, outcome, reason, attempt, seconds)

    def rescued(self, workflow: str, item: str, outcome: str, reason: str) -> None:
        """A dead worker's item was taken back: ``retry`` or ``failed``, and why."""
        self._tell("on_rescued", workflow, item, outcome, reason)

    def paused(self, workflow: str, seconds: float, reason: str) -> None:
        """A workflow was paused for so many seconds, and why."""
        self._tell("on_paused", workflow, seconds, reason)

    def _tell(self, hook: str, *values: Any) -> None:
        for plugin, call in self._calls.get(hook, ()):
            try:
                call(*values)
            except KeyboardInterrupt:
                raise
            except BaseException:
                _logger.exception("plugin %r: %s raised; the items are not affected", plugin, hook)
