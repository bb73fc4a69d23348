"""Works the status columns of tables you already have. Everything public is imported from here.

The names are imported on first use, so that ``import curation_core`` costs nothing: the command line and the pytest
plugin rely on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation_core._lazy import on_first_use

if TYPE_CHECKING:
    from curation_core._postgres import EmbeddedPostgres as EmbeddedPostgres
    from curation_core.attempt import Attempt as Attempt
    from curation_core.errors import ChildDied as ChildDied
    from curation_core.errors import ConfigurationError as ConfigurationError
    from curation_core.errors import CurationError as CurationError
    from curation_core.errors import DeclarationError as DeclarationError
    from curation_core.errors import SelectionError as SelectionError
    from curation_core.hookspecs import hookimpl as hookimpl
    from curation_core.outcomes import Done as Done
    from curation_core.outcomes import Fail as Fail
    from curation_core.outcomes import Outcome as Outcome
    from curation_core.outcomes import Pause as Pause
    from curation_core.outcomes import Retry as Retry
    from curation_core.outcomes import Skip as Skip
    from curation_core.policy import Policy as Policy
    from curation_core.schedulers import run_job_loop as run_job_loop
    from curation_core.selecting import Selected as Selected
    from curation_core.selecting import select_rows as select_rows
    from curation_core.selecting import select_rows_sync as select_rows_sync
    from curation_core.selection import Selection as Selection
    from curation_core.states import Role as Role
    from curation_core.states import States as States
    from curation_core.states import Transition as Transition
    from curation_core.typed import Plugin as Plugin
    from curation_core.workflow import Workflow as Workflow

_HOME = {
    "Attempt": "attempt",
    "ChildDied": "errors",
    "ConfigurationError": "errors",
    "CurationError": "errors",
    "DeclarationError": "errors",
    "Done": "outcomes",
    "EmbeddedPostgres": "_postgres",
    "Fail": "outcomes",
    "Outcome": "outcomes",
    "Pause": "outcomes",
    "Plugin": "typed",
    "Policy": "policy",
    "Retry": "outcomes",
    "Role": "states",
    "Selected": "selecting",
    "Selection": "selection",
    "SelectionError": "errors",
    "Skip": "outcomes",
    "States": "states",
    "Transition": "states",
    "Workflow": "workflow",
    "hookimpl": "hookspecs",
    "run_job_loop": "schedulers",
    "select_rows": "selecting",
    "select_rows_sync": "selecting",
}
__all__ = sorted(_HOME)  # noqa: PLE0605 - the table above is the list, said once

if not TYPE_CHECKING:  # or checkers would take any name for one that is there
    __getattr__, __dir__ = on_first_use(globals(), _HOME)
