"""What an application calls when a person decides about rows: the decision and the queue, in its own transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from curation_core import _preflight
from curation_core._keys import item_of
from curation_core._renaming import rename
from curation_core._sql.rows import Rows
from curation_core._store.inspecting import described
from curation_core._store.selecting import decide_within
from curation_core.errors import LedgerError, PluginError, SelectionError, UnknownWorkflow
from curation_core.host import BoundWorkflow, Host
from curation_core.ledger import Ledger
from curation_core.settings import Configuration


@dataclass(frozen=True, slots=True)
class Selected:
    """What became of the rows that a person decided about.

    Args:
        written: How many rows have the decision now.
        queued: How many of them were queued.
        withdrawn: How many of them waited or ran, and no longer do.
        missing: The keys for which there is no row, as they were given.
    """

    written: int
    queued: int
    withdrawn: int
    missing: tuple[Any, ...]


async def select_rows(
    session: AsyncSession, workflow: str, keys: Iterable[Any], decision: Any = "Selected"
) -> Selected:
    """Write a person's decision about rows, and queue those that it selects, in the session's own transaction.

    The statuses, the errors and the decision change together, at the commit, which also wakes the workflow on every
    host. A row that runs is not waited for: its result is dropped, since a person wins, and it is run once more if the
    decision selects it. What the session has loaded of these rows is as it was: refresh it before reading it.

    Args:
        session: The application's own session. It is flushed, and neither committed nor closed.
        workflow: The name of an installed workflow, or ``name=package.module`` for one that no distribution announces.
            It is loaded once in a process, with the names that the configuration gives its tables.
        keys: The primary keys of the rows; for a key of several columns a tuple or list of them.
        decision: The word, or a member of an enum.

    Returns:
        How many rows were written, queued and withdrawn, and which are missing.

    Raises:
        SelectionError: The decision can't be written: an unknown word, a column that is not there, a key that is none,
            or a workflow that has no `Selection`. Nothing was changed.
        UnknownWorkflow: No such workflow is installed.
        PluginError: It is installed, and wrong.
        ConfigurationError: The configuration is wrong.
        LedgerError: The engine's tables are missing.
    """
    await session.flush()
    return await session.run_sync(select_rows_sync, workflow, keys, decision)


def select_rows_sync(session: Session, workflow: str, keys: Iterable[Any], decision: Any = "Selected") -> Selected:
    """As `select_rows`, for an application without asyncio, over whichever driver of PostgreSQL it has.

    Args:
        session: The application's own session.
        workflow: The name of an installed workflow.
        keys: The primary keys of the rows.
        decision: The word, or a member of an enum.

    Returns:
        What became of them.

    Raises:
        CurationError: As `select_rows`.
    """
    bound, ledger = _loaded(workflow)
    by_item = {_item(key, bound): key for key in keys}
    session.flush()
    connection = session.connection()
    rows = _rows(connection, bound, ledger, decision)
    decided = decide_within(connection, rows, ledger, list(by_item), decision)
    missing = tuple(key for item, key in by_item.items() if item not in decided.found)
    return Selected(decided.written, len(decided.queued), len(decided.withdrawn), missing)


def _rows(connection: Connection, bound: BoundWorkflow, ledger: Ledger, decision: Any) -> Rows:
    rows = Rows(bound.name, bound.workflow)
    facts = described(connection, rows.table)
    if fault := _preflight.decision_fault(rows, facts, decision):
        raise SelectionError(fault)
    if not described(connection, ledger.claim).kind:  # a statement that found it missing would end the transaction
        message = f"the schema {ledger.schema!r} has no engine tables yet: run `curation db upgrade`"
        raise LedgerError(message)
    return Rows(bound.name, bound.workflow, facts.as_facts())


def _item(key: Any, bound: BoundWorkflow) -> str:
    try:
        return item_of(key if isinstance(key, (tuple, list)) else (key,), bound.workflow.key)
    except ValueError as error:
        message = f"{bound.name}: {key!r} is no key of a row: {error}"
        raise SelectionError(message) from None


@cache
def _loaded(name: str) -> tuple[BoundWorkflow, Ledger]:
    """One workflow, under the names that its tables have here. No other plugin is imported."""
    configuration = Configuration.read()
    if "=" in name:
        host = Host()
        report = host.register_reference(name)
        name = report.name
    else:
        host = Host(allow=[name])
        host.discover()
    if name not in host.workflows:
        faults = [str(report) for report in host.reports if report.name == name and report.value]
        if not faults:
            raise UnknownWorkflow(name, [report.name for report in host.reports if report.name != name])
        raise PluginError("; ".join(faults))
    bound = host.workflows[name]
    others = [report.name for report in host.reports if report.name != name]
    settings = configuration.resolve({name: bound.workflow}, failed=others, needed=())
    rename(name, bound.workflow, settings.tables.get(name, {}))
    return bound, Ledger(settings.database.ledger_schema)
