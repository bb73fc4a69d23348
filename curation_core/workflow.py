"""What a workflow is: the status column it works, its words, and which rows a person wants worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Column, ColumnClause, ColumnElement, Table, Text, UnaryExpression, or_
from sqlalchemy import column as plain_column
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.orm import InstrumentedAttribute, Mapper
from sqlalchemy.sql import operators

from curation_core.errors import DeclarationError
from curation_core.policy import Policy
from curation_core.selection import Selection
from curation_core.states import Role, States

MAPPED_NAME = "curation_mapped_name"
"""Where a table's ``info`` keeps the name that its plugin gives it, once it has another."""
GIVEN_NAMES = "curation_names"
"""Where it keeps what the operator calls the table and its columns."""


@dataclass(frozen=True, slots=True)
class OrderColumn:
    """One column that rows are claimed by, and whether the highest value comes first."""

    column: Column[Any]
    descending: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Workflow:
    """A declared workflow. What it *is* stands here, in code; how hard it runs is its `Policy`.

    Args:
        status: The mapped column that holds the status: ``Page.status``. Its model is the workflow's item.
        states: The table's words for the roles.
        error: The mapped text column for the reason of a failure, if the table has one.
        where: Which rows a person wants worked (``Page.curation == "Selected"``), on the same table. Checked at the
            claim and again at the settle: a row that no longer satisfies it keeps none of the machine's effects.
        selection: Which column of the same table holds a person's decision, and which decisions queue the row. For
            `select_rows` and ``curation select``; nothing else looks at it, and processing never changes it.
        order_by: Columns of the same table that rows are claimed by, ``.desc()`` where the highest comes first.
            The primary key is always added last.
        defaults: How hard it runs unless an operator says otherwise.
        settings: A pydantic model of the plugin's own settings, read from ``[workflows.NAME.settings]``.
        owns: Mapped classes whose tables the plugin brings along, for its own bookkeeping. ``curation db upgrade``
            makes those that are missing; nothing else ever does.

    Raises:
        DeclarationError: A part can't be right. The message names it.
    """

    status: InstrumentedAttribute[Any]
    states: States
    error: InstrumentedAttribute[Any] | None = None
    where: ColumnElement[bool] | None = None
    selection: Selection | None = None
    order_by: Sequence[InstrumentedAttribute[Any] | ColumnElement[Any]] = ()
    defaults: Policy = field(default_factory=Policy)
    settings: type[BaseModel] | None = None
    owns: Sequence[type[Any]] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.status, InstrumentedAttribute):
            message = f"Workflow: status must be a mapped column such as Page.status, got {self.status!r}"
            raise DeclarationError(message)
        if not isinstance(self.states, States):
            message = f"Workflow: states must be a States(…), got {self.states!r}"
            raise DeclarationError(message)
        if not isinstance(self.defaults, Policy):
            message = f"Workflow: defaults must be a Policy(…), got {self.defaults!r}"
            raise DeclarationError(message)
        if self.settings is not None and not (isinstance(self.settings, type) and issubclass(self.settings, BaseModel)):
            message = f"Workflow: settings must be a pydantic model class, got {self.settings!r}"
            raise DeclarationError(message)
        self._require_mapped_classes()
        self._require_own_column("status", self.status)
        if self.error is not None:
            self._require_own_column("error", self.error)
        for column in self.ordering:
            self._require_own_column("order_by", column.column)
        if self.selection is not None:
            self._require_own_decision(self.selection)
        if isinstance(self.where, InstrumentedAttribute):  # a mapped truth value is a condition by itself
            object.__setattr__(self, "where", self.where.property.columns[0])
        if self.where is not None:
            self._require_own_where(self.where)

    @property
    def mapper(self) -> Mapper[Any]:
        """SQLAlchemy's mapper of the item's model."""
        return sa_inspect(self.status.class_)  # type: ignore[no-any-return]  # inspect() is typed by overloads

    @property
    def model(self) -> type[Any]:
        """The mapped class whose instances are the items."""
        return self.mapper.class_

    @property
    def table(self) -> Table:
        """The table that holds the items."""
        table = self.mapper.local_table
        if not isinstance(table, Table) or self.mapper.persist_selectable is not table:
            mapped = self.mapper.persist_selectable
            message = f"Workflow: {self.model.__name__} is mapped to {mapped}: map it to one table"
            raise DeclarationError(message)
        return table

    @property
    def owned_tables(self) -> tuple[Table, ...]:
        """The tables that the plugin brings along."""
        return tuple(sa_inspect(model).local_table for model in self.owns)

    @property
    def tables(self) -> Mapping[tuple[str, ...], Mapping[str, Column[Any]]]:
        """The columns of each of the plugin's tables, by the keys under which an operator may name them."""
        columns = {key: dict(table.columns) for key, table in self.named_tables.items()}
        if self.selection is not None and isinstance(self.selection.column, str):
            columns["table",].setdefault(self.selection.column, Column(self.selection.column, Text))
        return columns

    @property
    def named_tables(self) -> dict[tuple[str, ...], Table]:
        """The plugin's tables by those keys: ``("table",)`` is the workflow's own, ``("tables", "X")`` another."""
        others = {*self.table.metadata.tables.values(), *self.owned_tables} - {self.table}
        return {("table",): self.table, **{("tables", mapped_name(table)): table for table in others}}

    @property
    def own_rows(self) -> ColumnElement[bool] | None:
        """Which rows are of the model, where the table holds those of several (single-table inheritance)."""
        mapper = self.mapper
        if not mapper.single or mapper.polymorphic_on is None:
            return None
        return or_(*(mapper.polymorphic_on == each.polymorphic_identity for each in mapper.self_and_descendants))

    @property
    def key(self) -> tuple[Column[Any], ...]:
        """The primary key's columns, in their order."""
        return tuple(self._column(column) for column in self.mapper.primary_key)

    @property
    def status_column(self) -> Column[Any]:
        """The table's column behind ``status``."""
        return self._column(self.status)

    @property
    def error_column(self) -> Column[Any] | None:
        """The table's column behind ``error``."""
        return None if self.error is None else self._column(self.error)

    @property
    def decision_column(self) -> ColumnClause[Any] | None:
        """The column that holds a person's decision, under the name that it has here."""
        if self.selection is None:
            return None
        if not isinstance(self.selection.column, str):
            return self._column(self.selection.column)
        given = self.table.info.get(GIVEN_NAMES)
        name = self.selection.column
        return plain_column(name if given is None else given.columns.get(name, name), Text)

    @property
    def ordering(self) -> tuple[OrderColumn, ...]:
        """The columns rows are claimed by, without the primary key that follows them."""
        return tuple(_order_column(expression) for expression in self.order_by)

    def _column(self, attribute: Any) -> Column[Any]:
        expression = attribute
        if isinstance(attribute, InstrumentedAttribute):  # a relationship has no columns of its own
            expression = getattr(attribute.property, "columns", (None,))[0]
        if not isinstance(expression, Column):
            message = f"Workflow: {attribute} is not a plain column"
            raise DeclarationError(message)
        return expression

    def _require_mapped_classes(self) -> None:
        for model in self.owns:
            if not isinstance(sa_inspect(model, raiseerr=False), Mapper):
                message = f"Workflow: owns must list mapped classes, got {model!r}"
                raise DeclarationError(message)

    def _require_own_column(self, part: str, attribute: Any) -> None:
        column = self._column(attribute)
        if column.table is not self.table:
            message = f"Workflow: {part} names {column}, which is not a column of {self.table.fullname}"
            raise DeclarationError(message)

    def _require_own_decision(self, selection: Selection) -> None:
        if not isinstance(selection, Selection):
            message = f"Workflow: selection must be a Selection(…), got {selection!r}"
            raise DeclarationError(message)
        if isinstance(selection.column, str):
            known = self.table.columns.get(selection.column)
        else:
            self._require_own_column("selection", selection.column)
            known = self._column(selection.column)
        if known is not None and known is self.status_column:
            message = f"Workflow: selection names {known}, which holds the status: a decision has a column of its own"
            raise DeclarationError(message)
        busy = (self.states.word(Role.QUEUED), self.states.word(Role.PROCESSING))
        if selection.withdrawn is not None and selection.withdrawn in busy:
            message = f"Selection: withdrawn can't be {selection.withdrawn!r}, which says that the row is to be done"
            raise DeclarationError(message)

    def _require_own_where(self, where: ColumnElement[bool]) -> None:
        if not isinstance(where, ColumnElement):
            message = f"Workflow: where must be a condition such as Page.curation == 'Selected', got {where!r}"
            raise DeclarationError(message)
        foreign = [source for source in where._from_objects if source is not self.table]
        if foreign:
            message = f"Workflow: where must look at {self.table.fullname} alone, it also looks at {foreign[0]}"
            raise DeclarationError(message)


def mapped_name(table: Table) -> str:
    """What the plugin calls a table, whatever it is called in this database."""
    return str(table.info.get(MAPPED_NAME, table.name))


def _order_column(expression: Any) -> OrderColumn:
    descending = False
    if isinstance(expression, UnaryExpression):
        if expression.modifier is operators.desc_op:
            descending = True
        elif expression.modifier is not operators.asc_op:
            message = f"Workflow: order_by takes columns and .desc(), got {expression}"
            raise DeclarationError(message)
        expression = expression.element
    if isinstance(expression, InstrumentedAttribute):
        expression = expression.property.columns[0]
    if hasattr(expression, "_deannotate"):
        expression = expression._deannotate()
    if not isinstance(expression, Column):
        message = f"Workflow: order_by takes columns and .desc(), got {expression}"
        raise DeclarationError(message)
    return OrderColumn(expression, descending)
