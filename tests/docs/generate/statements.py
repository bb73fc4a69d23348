"""The statements as `curation sql` prints them, and the engine's tables as `curation db sql` does."""

import inspect

import sample

from curation_core._cli import statements
from curation_core._sql.rows import Rows
from curation_core.ledger.migrate import upgrade_sql
from curation_core.settings import DatabaseSettings


def tables() -> str:
    return f"```text\n{upgrade_sql().strip()}\n```"


def workflow() -> str:
    return f"```python\n{inspect.getsource(sample).strip()}\n```"


def of_the_workflow() -> str:
    rows = Rows("page-curation", sample.WORKFLOW)
    return "\n\n".join(
        f"### {title[0].upper()}{title[1:]}\n\n```text\n{statements.written(statement, 10)};\n```"
        for title, statement in statements.statements(rows, DatabaseSettings())
    )


SECTIONS = {"engine tables": tables, "a workflow": workflow, "statements": of_the_workflow}
