"""``[workflows.NAME.table]`` and ``[workflows.NAME.tables.X]``: what a plugin's tables are called in this database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from curation_core.settings.file import KeyPath
from curation_core.settings.keys import Catalogue, Key

OWN: KeyPath = ("table",)
"""Where the names of the workflow's own table stand, below ``[workflows.NAME]``."""
OTHERS: KeyPath = ("tables",)
"""Where those of its plugin's other tables do, each under the name that the plugin gives it."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[^\x00]+$")]
"""What PostgreSQL takes for a name. https://www.postgresql.org/docs/current/limits.html"""


class TableNames(BaseModel):
    """What a table is called in this database, where it is not what the plugin calls it.

    Args:
        name: The table's name.
        in_schema: Its schema; the key is ``schema``.
        columns: For each column as the plugin calls it, what it is called here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    name: Identifier | None = Field(default=None, description="the table's name in this database")
    in_schema: Identifier | None = Field(default=None, validation_alias="schema", description="its schema")
    columns: Mapping[str, Identifier] = Field(
        default_factory=dict, description="for each column as the plugin calls it, its name in this database"
    )


def add_names(catalogue: Catalogue, workflow: KeyPath, tables: Mapping[KeyPath, Mapping[str, object]]) -> None:
    """Take in the keys for the names of a workflow's tables.

    Args:
        catalogue: The keys there are.
        workflow: The workflow's path.
        tables: By their paths below it, the columns of each.
    """
    for path, columns in tables.items():
        table = (*workflow, *path)
        known = [*((*table, name) for name in ("name", "schema")), *((*table, "columns", name) for name in columns)]
        catalogue.tables.update((*table, "columns")[:length] for length in range(len(workflow) + 1, len(table) + 2))
        catalogue.keys.update({key: Key(key, str, secret=False) for key in known})
