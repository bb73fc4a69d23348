"""One pass through everything that can happen to a row, for a table of any shape."""

from __future__ import annotations

import enum
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import Column, Enum, MetaData, Text, cast, func, insert, literal, select, update
from sqlalchemy.orm import registry

from curation_core import Fail, Retry, Skip, Workflow
from curation_core._sql.rows import Rows
from curation_core.states import Role
from lab.plugins import plugin_of
from lab.tables import WORDS, quick

ORDERS = ("done", "retry", "fail", "skip", "raise", "lost", "requeue")
"""What becomes of the rows of a table, the first by its key first; the order starts anew where there are more."""


def model_of(name, *columns, metadata=None, status=None, schema=None, **constraints):
    """A model of a table with these columns, besides ``status``, ``error`` and ``orders``."""
    mapping = registry(metadata=metadata or MetaData())
    usual = (Column("status", status if status is not None else Text), Column("error", Text), Column("orders", Text))
    attributes = {"__tablename__": name, "__table_args__": {"schema": schema}, "metadata": mapping.metadata}
    attributes |= {column.key: column for column in (*columns, *usual)}
    return mapping.mapped(type("Item", (), attributes))


async def follow_orders(item, attempt):
    """Do what the row says, so that every outcome happens."""
    match item.orders, attempt.number:
        case "retry" | "requeue", 1:
            return Retry(after=timedelta(0), reason="not yet")
        case "raise", 1:
            raise ValueError("not yet either")
        case "fail", _:
            return Fail("it can't be done")
        case "skip", _:
            return Skip("nothing to do")
    return item.orders


async def work_everything(lab, model, keys, *, name="items", **declared):
    """Make the table, let a host work it, and check what became of each row.

    Args:
        lab: The laboratory.
        model: From `model_of`.
        keys: The rows: dictionaries of all columns but the usual ones.
        name: The workflow's name.
        **declared: Of the workflow, in place of the usual.

    Returns:
        How often each row's ``save_result`` was called, by the row's text of its key.
    """
    states = declared.get("states", WORDS)
    workflow = Workflow(**({"status": model.status, "error": model.error, "states": states} | declared))
    table, key = workflow.table, workflow.key
    await lab.create(table.metadata)
    queued = stored(model.status, states.queued)
    rows = [{**one, "status": queued, "orders": ORDERS[at % len(ORDERS)]} for at, one in enumerate(keys)]
    await lab.execute(insert(table), rows)
    await _leave_to_a_dead_worker(lab, Rows(name, workflow))
    saved = []

    async def save_result(session, item, result):
        again = await session.get(model, [getattr(item, column.key) for column in key], populate_existing=True)
        assert again is not None, "the item's key leads back to its row"
        saved.append((result, tuple(getattr(item, column.key) for column in key)))

    plugin = plugin_of(workflow, follow_orders, save_result=save_result)
    summary = await lab.until_idle({name: plugin}, policies={name: quick()}, deadline=15)
    assert summary.faults == {}
    await _check(lab, workflow)
    assert await lab.claims() == {}
    worked = [row for row in rows if row["orders"] not in {"fail", "skip"}]
    assert len(saved) == len(set(saved)) == len(worked)
    for result, found in saved:
        assert [row for row in worked if tuple(row[column.key] for column in key) == found and row["orders"] == result]


async def _leave_to_a_dead_worker(lab, rows):
    claim, lost = lab.ledger.claim, rows.table.c.orders == "lost"
    await lab.execute(update(rows.table).where(lost).values(rows.changing({rows.status: rows.word(Role.PROCESSING)})))
    values = [literal(rows.name), rows.item(), lab.ledger.token.next_value(), literal(0)]
    values += [literal(uuid4()), literal(1), func.now()]
    names = ["workflow", "item", "token", "queueing", "worker", "attempt", "claimed_at"]
    async with lab.transaction() as connection:
        await connection.execute(select(func.set_config("timezone", "UTC", True)))  # noqa: FBT003 - as PostgreSQL has it
        await connection.execute(insert(claim).from_select(names, select(*values).where(lost)))


def stored(status, word):
    """What a person's application would write for a word: a member of an enum only where the model has the enum."""
    return word.value if isinstance(word, enum.Enum) and not isinstance(status.type, Enum) else word


async def _check(lab, workflow):
    table, states = workflow.table, workflow.states
    expected = {"fail": Role.FAILED, "skip": Role.SKIPPED}
    found = await lab.all(select(table.c.orders, table.c.status, cast(table.c.error, Text)))
    for orders, status, error in found:
        word = stored(workflow.status_column, states.word(expected.get(orders, Role.COMPLETED)))
        assert status == word or (isinstance(status, str) and status.rstrip() == word), (orders, status, error)
        assert (error is None) == (orders != "fail")
    history = await lab.outcomes()
    tally = {orders: sum(row.orders == orders for row in found) for orders in ORDERS}
    assert history.count("lost") == tally["lost"]
    assert history.count("retry") == tally["retry"] + tally["requeue"] + tally["raise"]
    assert history.count("failed") == tally["fail"]
    assert history.count("skipped") == tally["skip"]
