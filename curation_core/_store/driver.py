"""The claim's short way: a statement compiled once, sent by the driver itself, its rows made into instances here.

Everything else goes through SQLAlchemy's connection. A claim does not, since it stands between a committed *Queued*
and the first line of a plugin's code: on an idle host SQLAlchemy's execution and its ORM took 1.5 ms of the 2.5 ms that
it had, measured in docs/decisions/0009-the-claims-short-way.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Column, Select, inspect
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapper, configure_mappers, make_transient_to_detached

from curation_core._sql.rows import Rows, named
from curation_core._store.connections import is_refusal
from curation_core.errors import DeclarationError

_DIALECT: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
_NUMERIC = 1700  # the oid of numeric in pg_type, where none is known
Convert = Callable[[Any], Any]


class DriverStatement:
    """A statement as the driver takes it.

    Args:
        statement: What to compile.
        literals: The values of its literal parameters, which become part of its text.
        given: The names of its other parameters, as `given` made them.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], literals: dict[str, Any], given: Sequence[str]) -> None:
        expected = named(**dict.fromkeys(given))
        compiled = statement.params({**expected, **named(**literals)}).compile(
            dialect=_DIALECT, compile_kwargs={"render_postcompile": True}
        )
        self._text = str(compiled)
        order: list[str] = list(getattr(compiled, "positiontup", None) or ())
        self._given = [name if name in expected else None for name in order]
        # What a workflow's `where` could not say as a literal is bound, and is the same at every claim.
        self._fixed = [None if name in expected else _sent(compiled.binds[name]) for name in order]

    async def fetch(self, connection: AsyncConnection, values: dict[str, Any]) -> list[Any]:
        """Run it, in the connection's transaction if there is one.

        Args:
            connection: Where.
            values: Of the parameters, by the names that `named` gives them.
        """
        driver: Any = (await connection.get_raw_connection()).driver_connection
        arguments = [
            fixed if name is None else values[name] for name, fixed in zip(self._given, self._fixed, strict=True)
        ]
        try:
            found: list[Any] = await driver.fetch(self._text, *arguments)
        except BaseException as error:
            # SQLAlchemy did not see it, and would hand on a connection that is broken or still busy.
            if not is_refusal(error):
                await connection.invalidate()
            raise
        return found


class Loader:
    """Makes detached instances of a workflow's model from a driver's rows, which begin with the table's columns."""

    def __init__(self, rows: Rows) -> None:
        configure_mappers()
        self._mapper = rows.workflow.mapper
        self._columns = list(rows.table.columns)
        self._oids = rows.facts.oids
        self._fields = {self._mapper: self._fields_of(self._mapper)}
        kind = self._mapper.polymorphic_on
        self._kind = self._columns.index(kind) if isinstance(kind, Column) else None
        self.width = len(self._columns)

    def load(self, record: Any) -> Any:
        """One instance: detached, not transient, or a plugin's ``session.add(item)`` would insert it again."""
        mapper = self._mapper
        if self._kind is not None:
            mapper = mapper.polymorphic_map.get(record[self._kind], mapper)
        fields = self._fields.get(mapper)
        if fields is None:
            fields = self._fields[mapper] = self._fields_of(mapper)
        instance = mapper.class_manager.new_instance()
        instance.__dict__.update(
            {name: record[at] if convert is None else convert(record[at]) for name, at, convert in fields}
        )
        make_transient_to_detached(instance)
        listeners = mapper.class_manager.dispatch.load
        if listeners:  # a reconstructor, or a type that watches its value for changes
            listeners(inspect(instance), None)
        return instance

    def _fields_of(self, mapper: Mapper[Any]) -> list[tuple[str, int, Convert | None]]:
        fields: list[tuple[str, int, Convert | None]] = []
        for at, column in enumerate(self._columns):
            if column in mapper.columns.values():  # a sibling's column, where one table holds several classes, is not
                name = mapper.get_property_by_column(column).key
                convert = column.type.dialect_impl(_DIALECT).result_processor(
                    _DIALECT, self._oids.get(column.name, _NUMERIC)
                )
                fields.append((name, at, convert))
        return fields


def _sent(bind: Any) -> Any:
    if bind.required:
        message = f"the claim's parameter {bind.key!r} has no value"
        raise DeclarationError(message)
    value = bind.callable() if bind.callable is not None else bind.value
    convert = bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return value if convert is None else convert(value)
