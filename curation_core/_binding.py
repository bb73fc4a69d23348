"""Bring each loaded workflow together with its table in this database, or say why it can't run."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from curation_core import _judge, _preflight
from curation_core._child import isolated
from curation_core._sql.rows import Rows
from curation_core._store import Store, owned
from curation_core._store.connections import is_passing
from curation_core._store.settling import SettleStore
from curation_core.host import BoundWorkflow
from curation_core.policy import Policy
from curation_core.settings import Settings

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A workflow that fits its table.

    Args:
        bound: The plugin's hooks.
        policy: How hard it runs.
        settings: The plugin's own settings.
        rows: Its rows.
        settling: Its settle.
    """

    bound: BoundWorkflow
    policy: Policy
    settings: BaseModel | None
    rows: Rows
    settling: SettleStore


async def fit(
    store: Store,
    workflows: Mapping[str, BoundWorkflow],
    settings: Settings,
    loaded: Mapping[str, BoundWorkflow] | None = None,
) -> tuple[dict[str, Fitted], dict[str, str]]:
    """Check every workflow against the database.

    Args:
        store: The database.
        workflows: What is to run here.
        settings: How hard.
        loaded: All that could run, here or elsewhere: rows that are written for them wake them wherever they are.
            ``None``: the same.

    Returns:
        The workflows that fit, and for each other one why not.
    """
    watchers: dict[str, list[str]] = {}
    for name, bound in (loaded or workflows).items():
        watchers.setdefault(bound.workflow.table.fullname, []).append(name)
    fitted: dict[str, Fitted] = {}
    faults: dict[str, str] = {}
    for name, bound in workflows.items():
        rows, found = await _check(store, name, bound, settings.tables.get(name, {}))
        if found:
            faults[name] = "; ".join(found)
            _logger.error("%s is disabled: %s", name, faults[name])
            continue
        policy = settings.policies[name]
        bound = isolated(bound, policy) if policy.isolation == "process" else bound  # noqa: PLW2901 - the same workflow
        settling = store.settling(rows, bound.save, dict(watchers), policy.timeout)
        fitted[name] = Fitted(bound, policy, settings.plugin_settings.get(name), rows, settling)
    return fitted, faults


async def _check(
    store: Store, name: str, bound: BoundWorkflow, renamed: Iterable[tuple[str, ...]]
) -> tuple[Rows, list[str]]:
    rows = Rows(name, bound.workflow)
    try:
        facts = await store.describe(rows.table)
        if found := _preflight.faults(rows, facts):
            return rows, found
        rows = Rows(name, bound.workflow, facts.as_facts())
        if absent := await owned.missing(store.engine, bound.workflow.owned_tables):
            names = ", ".join(table.fullname for table in absent)
            return rows, [f"its own tables are missing: {names}: run `curation db upgrade`"]
        others = [bound.workflow.named_tables[key] for key in renamed]
        if found := [fault for table in others for fault in _preflight.missing(table, await store.describe(table))]:
            return rows, found
        complaint = await store.rehearse(rows)
        if not complaint and _preflight.takes_any_word(rows, facts):
            await _doubt_words(store, rows)
    except Exception as error:
        if is_passing(error):
            raise
        _logger.exception("%s could not be checked", name)
        return rows, [f"no statements can be made for it: {_judge.describe(error)}"]
    if complaint:
        return rows, [f"the database refuses a statement on {rows.table.fullname}: {complaint}"]
    return rows, []


async def _doubt_words(store: Store, rows: Rows) -> None:
    try:
        in_use = await store.words_in_use(rows)
    except DBAPIError as error:
        if is_passing(error):
            raise
        # A hint that can't be given is no reason not to work: some databases keep their statistics to themselves.
        _logger.warning("%s: its status words could not be compared with the rows': %s", rows.name, error.orig)
        return
    for doubt in _preflight.misspelt(rows, in_use):
        _logger.warning("%s: %s: is it misspelt? Nobody works a row with another word", rows.name, doubt)
