"""A plugin's tables under the names that they have in this database.

A plugin maps the tables that it was written for; other people's are called otherwise. What an operator says of names is
written into the plugin's own Table and Column objects, before the first statement is made of them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, Table

from curation_core.errors import ConfigurationError
from curation_core.settings import TableNames
from curation_core.workflow import GIVEN_NAMES, MAPPED_NAME, Workflow, mapped_name


def rename(name: str, workflow: Workflow, names: Mapping[tuple[str, ...], TableNames]) -> None:
    """Give the tables of a workflow's plugin the names that they have here. Given again, they change nothing.

    Args:
        name: The workflow's name.
        workflow: Its declaration.
        names: What some tables are called, by their keys in `Workflow.named_tables`.

    Raises:
        ConfigurationError: Another workflow of the same plugin calls a table otherwise.
    """
    tables = {workflow.named_tables[key]: given for key, given in names.items()}
    problems = [
        f"workflows.{name}: another workflow calls {mapped_name(table)!r} otherwise, and they share the plugin's tables"
        for table, given in tables.items()
        if table.info.get(GIVEN_NAMES, given) != given
    ]
    if problems:
        raise ConfigurationError(problems)
    new = {table: given for table, given in tables.items() if GIVEN_NAMES not in table.info}
    if new:
        # SQLAlchemy copies a table and its columns, names included, into every condition, alias and mapped attribute
        # that is made of them, and a plugin makes some while it is imported. They are all found, or some statement
        # would go on with the old names.
        copies = [each for each in gc.get_objects() if isinstance(each, (Table, Column))]
        for table, given in new.items():
            _rename_table(table, given, copies)


def _rename_table(table: Table, given: TableNames, copies: Iterable[Table | Column[Any]]) -> None:
    table.info.update({GIVEN_NAMES: given, MAPPED_NAME: table.name})
    for each in copies:
        if isinstance(each, Table):
            if each is table or getattr(each, "_Annotated__element", None) is table:
                each.name = given.name or each.name
                each.schema = given.in_schema or each.schema
                each.fullname = f"{each.schema}.{each.name}" if each.schema else each.name
        elif each.key in given.columns and table.columns.get(each.key) in each.base_columns:
            each.name = given.columns[each.key]
            for label in [name for name in vars(each) if name.endswith("_label")]:
                del vars(each)[label]
