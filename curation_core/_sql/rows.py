"""How a workflow's table is spoken to: its key, its words, its order, and the canonical text of a row's key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnClause,
    ColumnElement,
    FromClause,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal,
    literal_column,
    null,
    select,
    true,
    tuple_,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects.postgresql import JSONB, asyncpg
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine, UserDefinedType

from curation_core.states import Role
from curation_core.workflow import OrderColumn, Workflow

_DIALECT: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


class DatabaseType(UserDefinedType[str]):
    """A type by the name that the database's catalog gives it, its values as text."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        """The name, as PostgreSQL's ``format_type`` quoted it."""
        return self.name


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says of a table's columns, whatever the model believes.

    Args:
        types: Each column's type as PostgreSQL's ``format_type`` writes it.
        nullable: The columns that may be null.
        oids: The number of each column's type.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    nullable: frozenset[str] = frozenset()
    oids: Mapping[str, int] = field(default_factory=dict)


class Rows:
    """A workflow's rows, as the statements see them.

    Args:
        name: The workflow's name.
        workflow: Its declaration.
        facts: What the database says of the table. The model may be wrong about a time zone or a null; a cast to the
            wrong type, or a null that nobody expected in the order, would leave rows behind.
    """

    def __init__(self, name: str, workflow: Workflow, facts: Facts | None = None) -> None:
        self.name = name
        self.workflow = workflow
        self.facts = facts or Facts()
        self.model = workflow.model
        self.table: Table = workflow.table
        self.key = workflow.key
        self.status = workflow.status_column
        self.error = workflow.error_column
        ordered = [order.column.name for order in workflow.ordering]
        self.ordering: tuple[OrderColumn, ...] = (
            *workflow.ordering,
            *(OrderColumn(key) for key in self.key if key.name not in ordered),
        )

    @property
    def workflow_name(self) -> ColumnElement[str]:
        """The workflow's name, as a literal: the engine's indexes lead with it."""
        return literal(self.name, literal_execute=True)

    def word(self, role: Role) -> ColumnElement[Any]:
        """The table's word for a role, as a literal.

        A literal and not a parameter: PostgreSQL reads an untyped literal as whatever the column is, native enum or
        text, and a partial index on the status is used only if the planner sees the word.
        """
        return bindparam(f"{role}_word", self._value(role), type_=self.status.type, literal_execute=True)

    @staticmethod
    def literal(word: Any, of: ColumnClause[Any]) -> ColumnElement[Any]:
        """Another word of a column, likewise as a literal."""
        return bindparam(f"{of.name}_word", _plain(word, of.type), type_=of.type, literal_execute=True)

    @staticmethod
    def stored(word: Any, of: ColumnClause[Any]) -> Any:
        """A word of a column as the database is sent it: an enum's label, a text or a number."""
        return _stored(_plain(word, of.type), of.type)

    def stored_word(self, role: Role) -> Any:
        """The table's word for a role, likewise."""
        return self.stored(self.workflow.states.word(role), self.status)

    def stored_decision(self, decision: Any) -> Any:
        """A person's decision, a member of an enum or a word, as the database is sent it."""
        column = self.workflow.decision_column
        return decision if column is None else self.stored(decision, column)

    def is_selected(self, decision: Any) -> bool:
        """Whether a person's decision queues its row."""
        selection = self.workflow.selection
        selects = () if selection is None else selection.selects
        return self.stored_decision(decision) in {self.stored_decision(each) for each in selects}

    def _value(self, role: Role) -> Any:
        return _plain(self.workflow.states.word(role), self.status.type)

    def has(self, role: Role) -> ColumnElement[bool]:
        """The condition that a row has this role's word, for finding rows by their status."""
        return self.status == self.word(role)

    def is_still(self, role: Role) -> ColumnElement[bool]:
        """The same condition, for testing rows that are found by their key.

        No index serves it. One on the status would be taken wherever the statistics believe that few rows have the
        word, and then each of them is compared with each key of the group.
        """
        return self.status.is_not_distinct_from(self.word(role))

    @property
    def wanted(self) -> ColumnElement[bool]:
        """The workflow's own condition: what a person wants worked, its values as literals like the words."""
        where = self.workflow.where
        return self.of_model if where is None else and_(self.of_model, _with_literals(where))

    @property
    def of_model(self) -> ColumnElement[bool]:
        """The condition that a row is of the model, where its table holds those of several."""
        own = self.workflow.own_rows
        return true() if own is None else _with_literals(own)

    def changing(self, values: dict[Any, Any]) -> dict[Any, Any]:
        """What an update sets: these values and nothing else.

        SQLAlchemy adds every column that the model gives an ``onupdate``, such as the time of a person's last change,
        unless it is set to something: here to what it is.
        """
        same = {column: column for column in self.table.columns if column.onupdate is not None}
        return {**same, **values}

    def may_be_null(self, of: Column[Any]) -> bool:
        """Whether a column may hold nulls in the database."""
        return of.name in self.facts.nullable

    @property
    def no_error(self) -> ColumnElement[Any]:
        """What the error column holds while nothing is wrong: null, or an empty text where it can't be null."""
        none = self.error is None or self.error.name not in self.facts.types or self.may_be_null(self.error)
        return null() if none else literal("", literal_execute=True)

    def as_stored(self, value: ColumnElement[Any], of: Column[Any]) -> ColumnElement[Any]:
        """A text cast to the type that a column has in the database."""
        name = self.facts.types.get(of.name)
        type_: TypeEngine[Any] = of.type if name is None else DatabaseType(name)
        return cast(value, type_)

    def item(self, source: FromClause | None = None) -> ColumnElement[str]:
        """The canonical text of a row's key: a JSON array of its columns, ``[42]`` or ``["eu", 7]``."""
        columns = (self.table if source is None else source).c
        return cast(func.jsonb_build_array(*(columns[key.key] for key in self.key)), Text)

    def key_of(self, item: ColumnElement[str]) -> list[ColumnElement[Any]]:
        """The key's columns, read back from an item's text."""
        parts = cast(item, JSONB)
        return [self.as_stored(parts[literal(at, literal_execute=True)].astext, key) for at, key in enumerate(self.key)]

    def is_item(self, item: ColumnElement[str]) -> ColumnElement[bool]:
        """The condition that a row is the one an item's text names, in the form that uses the key's index."""
        return and_(*(key == part for key, part in zip(self.key, self.key_of(item), strict=True)))

    def among_items(self, of: FromClause | None = None) -> ColumnElement[bool]:
        """The condition that a row is among those whose texts are bound as the array ``item``.

        Args:
            of: Another way to speak of the same table; it has the key's columns, by their names.
        """
        listed = arrays("curation_listed", item=Text)
        key = self.key if of is None else tuple(of.c[column.name] for column in self.key)
        return _among(key, select(*self.key_of(listed.c.item)))

    def among(self, source: FromClause) -> ColumnElement[bool]:
        """The condition that a row's key is among those of a subquery."""
        return _among(self.key, select(*(source.c[key.key] for key in self.key)))


def given(name: str, type_: Any, *, literal_execute: bool = False) -> BindParameter[Any]:
    """A parameter of a statement, bound by `named`.

    The prefix is needed: SQLAlchemy adds a parameter that is named like a column of an updated table to its SET, and
    the table is the user's.
    """
    return bindparam(f"curation_{name}", type_=type_, literal_execute=literal_execute)


def named(**values: Any) -> dict[str, Any]:
    """The values of parameters made by `given` and `arrays`, for execution."""
    return {f"curation_{name}": value for name, value in values.items()}


def arrays(name: str, **columns: Any) -> TableValuedAlias:
    """A row source made of parallel array parameters, each bound under its column's name."""
    values = [given(field_, ARRAY(type_)) for field_, type_ in columns.items()]
    fields = [column(field_, type_) for field_, type_ in columns.items()]
    return func.unnest(*values).table_valued(*fields).render_derived(name)


def row_number() -> ColumnElement[int]:
    """The position of a row in the order its source delivers it."""
    return literal_column("row_number() over ()")


def _plain(value: Any, type_: TypeEngine[Any]) -> Any:
    return value.value if isinstance(value, Enum) and not isinstance(type_, EnumType) else value


def _stored(value: Any, type_: TypeEngine[Any]) -> Any:
    process = type_.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    try:
        return value if process is None else process(value)
    except LookupError:  # a word that the model's enum does not know: the database may
        return value


def _among(key: Sequence[ColumnElement[Any]], keys: Any) -> ColumnElement[bool]:
    # An array is gathered first and then probed key by key. A join can be planned as a scan of the whole table.
    if len(key) == 1:
        return key[0] == any_(func.array(keys.scalar_subquery(), type_=ARRAY(key[0].type)))
    return tuple_(*key).in_(keys)


def _with_literals(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return visitors.replacement_traverse(condition, {}, _as_literal)


def _as_literal(element: Any, **_: Any) -> Any:
    if isinstance(element, BindParameter) and element.type.literal_processor(_DIALECT) is not None:
        return element.render_literal_execute()
    return None
