"""Checks of what is logged: of which item it is, and that no secret is in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

from curation_core._declared import secret_findings
from curation_core._logging import JsonFormatter, log_names
from curation_core.testing.conformance.bench import Bench, Inapplicable, refuse
from curation_core.testing.conformance.errors import UNREADY, first_outcome
from curation_core.testing.faults import Raise
from curation_core.testing.loading import load, plugin_settings
from curation_core.testing.waiting import eventually

WANTED = ("workflow", "item", "attempt")
PARTS = ("asyncio", "sqlalchemy", "alembic", "apscheduler", "aiosqlite")
OURS = ("curation_core", *PARTS)
"""Loggers of the engine and of what it is made of: they log about hosts and databases too."""
SHORTEST = 4
"""Characters of a secret that can be told from other text."""


@dataclass
class _Line:
    logger: str
    text: str
    missing: list[str]


@dataclass
class _Listener(logging.Handler):
    lines: list[_Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonFormatter())
        self.during_items = False

    def emit(self, record: logging.LogRecord) -> None:
        names = log_names()
        missing = [name for name in WANTED if name not in names] if self.during_items else []
        self.lines.append(_Line(record.name, self.format(record), missing))

    __hash__ = logging.Handler.__hash__


async def told(bench: Bench) -> None:
    """Run items that are done, that break, and that get no good answer; listen."""
    bound = load(bench.case.workflow, bench.case.plugin).workflows[bench.case.workflow]
    for finding in secret_findings(bound.workflow):
        refuse(*finding)
    secrets = list(_secrets(plugin_settings(bound, bench.case.settings_for(bench.http))))
    async with bench.harness(2) as harness:

        async def both() -> bool:
            return len({row.item for row in await harness.history()}) == 2  # noqa: PLR2004 - two items

        harness.faults.put("before_process", Raise(RuntimeError("the conformance suite broke this attempt")))
        with _listening() as heard:
            async with harness.engine():
                heard.during_items = True
                await eventually(both)
                heard.during_items = False
            history = [*await harness.history()]
            if not bench.too_patient:
                history.append(await first_outcome(bench, UNREADY))
        written = [f"reason: {row.reason}" for row in history]
    for text in (*(line.text for line in heard.lines), *written):
        if any(secret in text for secret in secrets):
            shown = text
            for secret in secrets:
                shown = shown.replace(secret, "…")
            refuse(
                f"a secret of the settings is in what is logged or stored: {shown[:300]}",
                "keep it a SecretStr until it is sent, and leave it out of messages and addresses",
            )
    anonymous = [line for line in heard.lines if line.missing and not line.logger.startswith(OURS)]
    if anonymous:
        line = anonymous[0]
        refuse(
            f"a line of logger {line.logger!r} does not say its {', '.join(line.missing)}: {line.text[:300]}",
            "log in the item's own task; asyncio.to_thread keeps the names, loop.run_in_executor and threads of your "
            "own lose them: contextvars.copy_context().run(…)",
        )
    if bench.too_patient:
        message = f"not before errors_get_their_outcomes is well: {bench.too_patient}"
        raise Inapplicable(message)


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        text = value.get_secret_value()
        if len(text) >= SHORTEST:
            yield text
    elif isinstance(value, SecretBytes):
        yield value.get_secret_value().decode(errors="replace")
    elif isinstance(value, BaseModel):
        for _, inner in value:
            yield from _secrets(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _secrets(inner)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for inner in value:
            yield from _secrets(inner)


@contextmanager
def _listening() -> Iterator[_Listener]:
    root, listener = logging.getLogger(), _Listener()
    parts = [logging.getLogger(name) for name in PARTS]
    levels = {logger: logger.level for logger in (root, *parts)}
    for part in parts:  # pytest shows all that the root lets through, and the scheduler says much that helps no author
        part.setLevel(part.getEffectiveLevel())
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        yield listener
    finally:
        root.removeHandler(listener)
        for logger, level in levels.items():
            logger.setLevel(level)
