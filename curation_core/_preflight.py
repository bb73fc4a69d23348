"""Compare a declared workflow with the table as the database has it, before the first row is touched."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Column, Table

from curation_core._sql.rows import Rows
from curation_core._store.inspecting import ColumnFacts, TableFacts
from curation_core.errors import did_you_mean
from curation_core.states import Role

_TABLES = ("r", "p")  # an ordinary table, a partitioned one
_RANGES = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_LIST = re.compile(r"^CHECK \(\(+[^']*= ANY \(+ARRAY\[([^\]]*)\]")
_WORD = re.compile(r"'((?:[^']|'')*)'")
_NO_TEXT = ("json", "jsonb", "hstore")  # a value of theirs inside a JSON array is not its text
_NEARLY = 0.8
"""Of difflib's ratio: "Complete" and "Completed" have 0.94, "Processing" and "Processed" 0.74."""
_SIZED = re.compile(r"character(?: varying)?\((\d+)\)")


def faults(rows: Rows, facts: TableFacts) -> list[str]:
    """What is wrong between a workflow and its table, one sentence each with the remedy; empty when all is well."""
    if facts.kind and facts.kind not in _TABLES:
        return [f"{rows.table.fullname} is not a table, and its rows can't be locked: map the table behind it"]
    return missing(rows.table, facts) or [
        *_key_faults(rows, facts),
        *_word_faults(rows, facts),
        *_error_faults(rows, facts),
    ]


def takes_any_word(rows: Rows, facts: TableFacts) -> bool:
    """Whether the status column is a text, so that a misspelt word is no fault."""
    return facts.columns[rows.status.name].category == "S"


def misspelt(rows: Rows, in_use: Collection[str]) -> list[str]:
    """The declared words that no row has while rows have one that is nearly the same, a sentence each.

    Not faults: the first row may be still to come.

    Args:
        rows: The workflow's, whose column takes any word.
        in_use: Words that rows have.
    """
    words = {role: str(word) for role, word in _words(rows).items()}
    others = sorted(set(in_use) - set(words.values()))
    found = []
    for role, word in words.items():
        same = [other for other in others if other.strip().casefold() == word.strip().casefold()]
        near = same or get_close_matches(word, others, n=1, cutoff=_NEARLY)
        if near and word not in in_use:
            place = f"{rows.table.fullname}.{rows.status.name}"
            found.append(f"no row of {place} seen so far is {word!r}, the word for {role}, and there are {near[0]!r}")
    return found


def missing(table: Table, facts: TableFacts) -> list[str]:
    """What a table, or a column of it, that a plugin maps is missing in the database."""
    return _missing(table, table.columns, facts)


def _missing(table: Table, columns: Iterable[Column[Any]], facts: TableFacts) -> list[str]:
    if not facts.kind:
        shown = table.fullname
        return [f"table {shown} does not exist: create it, or check the schema and the search_path of the database URL"]
    return [
        f"table {table.fullname} has no column {name!r}{did_you_mean(name, list(facts.columns))}"
        for name in (column.name for column in columns)
        if name not in facts.columns
    ]


def decision_fault(rows: Rows, facts: TableFacts, decision: Any) -> str:
    """Why a person's decision can't be written to a workflow's table, with the remedy; an empty text if it can."""
    selection, decided = rows.workflow.selection, rows.workflow.decision_column
    if selection is None or decided is None:
        return f"{rows.name} has no column for a person's decision: declare it as Workflow(selection=Selection(…))"
    # A person may decide where nothing runs: what else the model maps is asked for where its rows are worked.
    needed = [column for column in (*rows.key, rows.status, rows.error) if column is not None]
    if absent := _missing(rows.table, needed, facts) or _word_faults(rows, facts):
        return "; ".join(absent)
    place = f"{rows.table.fullname}.{decided.name}"
    if decided.name not in facts.columns:
        known = did_you_mean(decided.name, list(facts.columns))
        return (
            f"table {rows.table.fullname} has no column {decided.name!r}{known}, which is to hold a person's decision: "
            f"name the right one under [workflows.{rows.name}.table.columns]"
        )
    word, column = rows.stored_decision(decision), facts.columns[decided.name]
    allowed = {name: _allowed(of[1]) for name, of in facts.checks.items() if of[0] == decided.name}
    if complaint := "it is empty" if word in (None, "") else _complaint(word, column) or _refusal(word, allowed):
        return f"{place} can't hold {word!r}: {complaint}"
    if not rows.is_selected(decision) and selection.withdrawn is None and facts.columns[rows.status.name].required:
        return (
            f"{place} can't be {word!r}: a row that waits would have to leave the queue, and "
            f"{rows.table.fullname}.{rows.status.name} can't be null: say with Selection(withdrawn=…) what it is then"
        )
    return ""


def _key_faults(rows: Rows, facts: TableFacts) -> list[str]:
    names = frozenset(column.name for column in rows.key)
    table = rows.table.fullname
    if not any(unique <= names for unique in facts.unique):
        listed = ", ".join(column.name for column in rows.key)
        message = (
            f"table {table}: the model's primary key ({listed}) is not unique in the database: "
            "a claim could not tell its rows apart; map the table's real key, or add a unique index"
        )
        return [message]
    optional = sorted(name for name in names if not facts.columns[name].required)
    if optional:
        message = (
            f"table {table}: {', '.join(optional)}, of the model's primary key, may be null in the database, and rows "
            "without a key can't be told apart; make it NOT NULL, or map the table's real key"
        )
        return [message]
    if facts.kind == "r" and facts.inherited:
        message = (
            f"table {table} has tables that inherit from it, whose rows are its rows too, and nothing keeps their keys "
            "apart: map one of them, or make them partitions"
        )
        return [message]
    return [*_changing_keys(rows), *_textless_keys(rows, facts)]


def _changing_keys(rows: Rows) -> list[str]:
    keys = {column.name for column in rows.key}
    return [
        f"table {rows.table.fullname}: {column.name!r} is part of the model's primary key, and every claim changes it, "
        "so that its row would be another: map a unique key without it; a table partitioned by its status has none"
        for column in (rows.status, rows.error)
        if column is not None and column.name in keys
    ]


def _textless_keys(rows: Rows, facts: TableFacts) -> list[str]:
    types = {column.name: facts.columns[column.name] for column in rows.key}
    return [
        f"table {rows.table.fullname}: {name!r}, of the model's primary key, is of the type {of.type}, whose values "
        "can't be read back from a text: map another unique key, of numbers, texts, times or UUIDs"
        for name, of in types.items()
        if of.category in "AC" or of.type.rpartition(".")[2] in _NO_TEXT
    ]


def _error_faults(rows: Rows, facts: TableFacts) -> list[str]:
    of = None if rows.error is None else facts.columns[rows.error.name]
    if rows.error is None or of is None or of.category == "S":
        return []
    message = (
        f"{rows.table.fullname}.{rows.error.name} can't hold the text of an error, as its type is {of.type}: "
        "name a column of type text as Workflow(error=…), or none"
    )
    return [message]


def _word_faults(rows: Rows, facts: TableFacts) -> list[str]:
    status = facts.columns[rows.status.name]
    allowed = {name: _allowed(of[1]) for name, of in facts.checks.items() if of[0] == rows.status.name}
    found = []
    for role, word in _words(rows).items():
        complaint = _complaint(word, status) or _refusal(word, allowed)
        if complaint:
            place = f"{rows.table.fullname}.{rows.status.name}"
            found.append(f"{place} can't hold {word!r}, the word for {role}: {complaint}")
    return found


def _words(rows: Rows) -> dict[Role, Any]:
    declared = [role for role in Role if role is not Role.SKIPPED or rows.workflow.states.skipped is not None]
    return {role: rows.stored_word(role) for role in declared}


def _allowed(definition: str) -> list[str]:
    """The words of a constraint that is a plain list, as PostgreSQL writes ``status in (…)`` back; else none."""
    listed = _LIST.search(definition)
    return [word.replace("''", "'") for word in _WORD.findall(listed[1])] if listed else []


def _refusal(word: Any, allowed: dict[str, list[str]]) -> str:
    for name, words in allowed.items():
        if words and str(word) not in words:
            listed = ", ".join(repr(each) for each in words)
            return f"the constraint {name} allows {listed}{did_you_mean(str(word), words)}"
    return ""


def _complaint(word: Any, status: ColumnFacts) -> str:
    if status.labels:
        if str(word) in status.labels:
            return ""
        labels = ", ".join(repr(label) for label in status.labels)
        return f"the type {status.type} knows {labels}{did_you_mean(str(word), status.labels)}"
    if status.category == "N":
        if not re.fullmatch(r"-?\d+", str(word)):
            return f"its type is {status.type}: give the roles the numbers the table uses"
        if abs(int(word)) >= _RANGES.get(status.type, abs(int(word)) + 1):
            return f"its type is {status.type}, which is too small"
        return ""
    if status.category == "S":
        sized = _SIZED.fullmatch(status.type)
        if sized and len(str(word)) > int(sized[1]):
            return f"its type is {status.type}: a longer one, or a shorter word, is needed"
        return ""
    if status.category == "B":
        return f"its type is {status.type}, which has two values: a status needs four"
    return ""
