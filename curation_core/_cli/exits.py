"""What the process's exit code says."""

from __future__ import annotations

from enum import IntEnum

from curation_core.errors import (
    ConfigurationError,
    CurationError,
    DatabaseUnreachable,
    DeclarationError,
    EmbeddedPostgresError,
    LedgerError,
    PluginError,
    SelectionError,
    UnknownWorkflow,
)


class Exit(IntEnum):
    """Others script against these; ``curation --help`` lists them."""

    WELL = 0
    FOUND = 1  # items failed, or a check found something
    USAGE = 2  # click's own number for it
    CONFIGURATION = 3
    PLUGINS = 4
    DATABASE = 5  # unreachable, or its schema wrong
    INTERRUPTED = 130  # 128 + SIGINT, after a clean drain
    TERMINATED = 143  # 128 + SIGTERM, after a clean drain


_CODES: dict[type[CurationError], Exit] = {
    ConfigurationError: Exit.CONFIGURATION,
    DatabaseUnreachable: Exit.DATABASE,
    DeclarationError: Exit.PLUGINS,
    EmbeddedPostgresError: Exit.DATABASE,
    LedgerError: Exit.DATABASE,
    PluginError: Exit.PLUGINS,
    SelectionError: Exit.USAGE,
    UnknownWorkflow: Exit.USAGE,
}


def exit_for(error: CurationError) -> Exit:
    """The exit code of an error, by the nearest class that has one."""
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), Exit.FOUND)
