"""Log lines that say which workflow, item, attempt and worker they are about, those of other libraries too.

Standard-library logging: a program that embeds the engine keeps its own handlers and can call `configure_logging` not
at all. Settings are never logged, and nothing is masked by guess: what a plugin logs is its author's to choose.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from curation_core.settings import LogSettings

_context: ContextVar[Mapping[str, str | int]] = ContextVar("curation_log_context", default={})  # noqa: B039 - never changed

_OWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CHATTY = ("alembic", "apscheduler")  # a line for each of their plugins, and for each firing of each clock


def log_names() -> Mapping[str, str | int]:
    """The names that a line logged here would get."""
    return _context.get()


class log_context:  # noqa: N801 - used like the functions of contextlib
    """Put names on every line that is logged inside, by whom ever: ``with log_context(workflow="deep-scan"): …``.

    Inner names win over outer ones. Tasks, ``asyncio.to_thread`` and the engine's own threads inherit them;
    ``run_in_executor`` does not. Costs less than a microsecond.

    Args:
        **names: ``workflow``, ``item``, ``attempt``, ``worker``.
    """

    __slots__ = ("_names", "_token")

    def __init__(self, **names: str | int) -> None:
        self._names = names

    def __enter__(self) -> None:
        self._token: Token[Mapping[str, str | int]] = _context.set({**_context.get(), **self._names})

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _context.reset(self._token)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for a machine to read."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, logger and message, then the context's names, then what ``extra`` brought."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_context.get(),
        }
        line.update((name, value) for name, value in vars(record).items() if name not in _OWN)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    """One short line, for a person at a terminal: ``09:13:04 warning deep-scan [42] #2: the page is gone``."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the local time, the level, what it is about, and the message."""
        context = _context.get()
        about = [str(context[name]) for name in ("workflow", "item") if name in context]
        about += [f"#{context['attempt']}"] if "attempt" in context else []
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        line = f"{time} {record.levelname.lower()} {' '.join(about) or record.name}: {record.getMessage()}"
        if record.exc_info:
            line += f"\n{self.formatException(record.exc_info)}"
        # What was found on a stranger's page must not steer the terminal.
        return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", line)


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that configuring again replaces it and leaves everybody else's alone."""


def configure_logging(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send the whole process's log lines to a stream. Called again, it replaces what it did before.

    Args:
        settings: How much, and in which form.
        stream: Where to; ``None`` takes the standard error.
    """
    output: TextIO = sys.stderr if stream is None else stream
    as_text = settings.format == "text" or (settings.format == "auto" and output.isatty())
    handler = _Handler(output)
    handler.setFormatter(TextFormatter() if as_text else JsonFormatter())
    root = logging.getLogger()
    for former in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(former)
    root.addHandler(handler)
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.DEBUG if level == logging.DEBUG else max(level, logging.WARNING))
