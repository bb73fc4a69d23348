"""What the host says about each plugin."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from curation_core.errors import DeclarationError, PluginError

UNKNOWN = "?"
_HERE = str(Path(__file__).parent)
_LONGEST = 300  # characters of a foreign error's text: enough for its sense, too few to flood a table


class PluginState(StrEnum):
    """What became of a plugin. Only ``ok`` is loaded; ``blocked`` alone is nobody's mistake."""

    OK = "ok"  # found, checked and bound
    FAILED = "failed"  # not found, or its own code raised
    INVALID = "invalid"  # its hooks, its name or its declaration can't be right
    DUPLICATE = "duplicate"  # another plugin has its name, or is the same module
    INCOMPATIBLE = "incompatible"  # made for another curation-core
    BLOCKED = "blocked"  # denied, or not allowed: never imported


@dataclass(frozen=True)
class PluginReport:
    """One plugin as the host found it.

    Args:
        name: The entry point's name, which is the workflow's name.
        value: The entry point's reference: ``package.module`` or ``package.module:attribute``.
        distribution: The distribution that brought it, ``?`` when unknown.
        version: The distribution's version, ``?`` when unknown.
        state: What became of it.
        fault: What is wrong; empty when nothing is.
        remedy: What to do about it; empty when nothing is wrong.
        seconds: How long it took to import, check and declare.
        hooks: The hooks it implements, in the order of `curation_core.hookspecs`.
    """

    name: str
    value: str
    distribution: str
    version: str
    state: PluginState
    fault: str = ""
    remedy: str = ""
    seconds: float = 0.0
    hooks: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line, and a second one with the remedy when there is one."""
        line = f"{self.name} = {self.value} ({self.distribution} {self.version}) {self.state}"
        detail = self.fault or ", ".join(self.hooks)
        line += f": {detail}" if detail else ""
        return f"{line}\n  remedy: {self.remedy}" if self.remedy else line


class Refused(PluginError):
    """A plugin is not taken. Never leaves the host: it becomes a `PluginReport`.

    Args:
        state: How the plugin is listed.
        fault: What is wrong.
        remedy: What to do about it.
    """

    def __init__(self, state: PluginState, fault: str, remedy: str) -> None:
        self.state, self.fault, self.remedy = state, fault, remedy
        super().__init__(fault)


@contextmanager
def refusing_errors(step: str, remedy: str) -> Iterator[None]:
    """Run a plugin's own code; whatever it raises refuses the plugin, and never more than that.

    Args:
        step: What is being done, the first words of the fault: ``importing package.module``.
        remedy: What to do if it raises.

    Raises:
        Refused: It raised anything but ``KeyboardInterrupt``, ``SystemExit`` included.
    """
    try:
        yield
    except (KeyboardInterrupt, Refused):
        raise
    except BaseException as error:
        state = PluginState.INVALID if isinstance(error, DeclarationError) else PluginState.FAILED
        fault = f"{step} raised {describe_error(error)}"
        raise Refused(state, fault, remedy) from error


def describe_error(error: BaseException) -> str:
    """An error in one short line: its type, its text and the line of the plugin that raised it."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a plugin's own error class may be as broken as the plugin
        text = "(its text can't be had)"
    text = f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
    place = _place(error)
    return type(error).__name__ + (f": {text}" if text else "") + (f" ({place})" if place else "")


def _place(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return ""  # its text names the place already
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(("<frozen", _HERE)):
            path = Path(frame.filename)
            return f"{path.parent.name}/{path.name}, line {frame.lineno}"
    return ""
