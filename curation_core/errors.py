"""What can go wrong, as one tree.

::

    CurationError
    ├── DeclarationError        a Workflow, States or Policy that can't be right
    ├── ConfigurationError      every problem of curation.toml, environment and command line at once
    ├── PluginError             a plugin that can't be loaded or bound (strict mode)
    ├── DatabaseUnreachable     no connection could be had
    ├── LedgerError             the engine's own schema is missing, too old or too new
    ├── EmbeddedPostgresError   the embedded server can't be found or started
    ├── SelectionError          a person's decision that can't be written
    ├── UnknownWorkflow         no loaded workflow has this name
    ├── ChildDied               the child process that ran an item ended before it answered
    └── NotSendable             an item, a result or an exception that can't go from one process to another
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


class CurationError(Exception):
    """The root of all errors raised by curation_core."""


class DeclarationError(CurationError):
    """A workflow was declared in a way that can't work. Its message names the part and the remedy."""


class ConfigurationError(CurationError):
    """The configuration is wrong: all problems at once, each with its place.

    Args:
        problems: One line each: file and line or variable, key, value (never a secret's), what was expected.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        noun = "error" if len(problems) == 1 else "errors"
        super().__init__("\n  ".join([f"{len(problems)} configuration {noun}:", *problems]))


class PluginError(CurationError):
    """Plugins are wrong and the host was asked to be strict. The message lists each with its remedy."""


class DatabaseUnreachable(CurationError):
    """No connection to the database could be had."""


class LedgerError(CurationError):
    """The engine's own tables are missing, or of another version than this code."""


class EmbeddedPostgresError(CurationError):
    """The embedded PostgreSQL can't be found, started or entered."""


class SelectionError(CurationError):
    """A person's decision about rows can't be written. Its message names the word, the column and the remedy."""


class UnknownWorkflow(CurationError):
    """No loaded workflow has this name.

    Args:
        name: The name that was asked for.
        known: The names there are, for a suggestion.
    """

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        there_are = ", ".join(sorted(known)) or "none"
        super().__init__(f"no workflow {name!r}{did_you_mean(name, known)} (there are: {there_are})")


class ChildDied(CurationError):
    """The child process that ran an item ended before it answered. The message says by which signal or exit code."""


class NotSendable(CurationError):
    """An item, a result or an exception can't be sent between host and child process. The message says why.

    In place of an exception that can't be sent it carries that one's type and text.
    """


def did_you_mean(word: str, choices: Sequence[str]) -> str:
    """A suggestion to append to a message, or nothing.

    >>> did_you_mean("proces_item", ["process_item", "on_error"])
    "; did you mean 'process_item'?"
    """
    close = get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
