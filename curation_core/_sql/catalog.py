"""What PostgreSQL's catalogs say of a table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    CompoundSelect,
    Select,
    SmallInteger,
    Text,
    cast,
    column,
    exists,
    func,
    literal,
    select,
    table,
    union,
)
from sqlalchemy.dialects.postgresql import OID, REGCLASS, aggregate_order_by

from curation_core._sql.rows import Rows, given

SAMPLE = 1000
"""Rows of a table that are looked at, beside what the planner's statistics know of all."""

_attribute = table(
    "pg_attribute",
    *(
        column(name)
        for name in ("attrelid", "attname", "atttypid", "atttypmod", "attnotnull", "attnum", "attisdropped")
    ),
    schema="pg_catalog",
)
_type = table(
    "pg_type", *(column(name) for name in ("oid", "typcategory", "typtype", "typbasetype")), schema="pg_catalog"
)
_enum = table("pg_enum", *(column(name) for name in ("enumtypid", "enumlabel", "enumsortorder")), schema="pg_catalog")
_class = table(
    "pg_class", *(column(name) for name in ("oid", "relkind", "relname", "relnamespace")), schema="pg_catalog"
)
_inherits = table("pg_inherits", column("inhparent"), schema="pg_catalog")
_index = table(
    "pg_index", *(column(name) for name in ("indrelid", "indkey", "indisunique", "indpred")), schema="pg_catalog"
)
_namespace = table("pg_namespace", column("oid"), column("nspname"), schema="pg_catalog")
_statistics = table(
    "pg_stats",
    *(column(name) for name in ("schemaname", "tablename", "attname", "most_common_vals")),
    schema="pg_catalog",
)
_constraint = table(
    "pg_constraint",
    *(column(name) for name in ("oid", "conname", "conrelid", "contype", "conkey")),
    schema="pg_catalog",
)


def relation() -> Select[*tuple[Any, ...]]:
    """The relation whose quoted name is the parameter ``name``; no row where there is none.

    Returns:
        Columns: ``oid``, ``kind`` (one letter), ``inherited`` (whether other tables, or partitions, are below it).
    """
    oid = func.to_regclass(given("name", Text))
    inherited = exists(select(_inherits.c.inhparent).where(_inherits.c.inhparent == _class.c.oid))
    kind = cast(_class.c.relkind, Text)
    return select(_class.c.oid, kind.label("kind"), inherited.label("inherited")).where(
        _class.c.oid == cast(oid, REGCLASS)
    )


def columns() -> Select[*tuple[Any, ...]]:
    """The columns of the relation whose oid is the parameter ``oid``.

    Returns:
        Columns: ``name``, ``type`` (as ``format_type`` writes it), ``category`` (one letter), ``oid`` (the type's),
        ``required`` (NOT NULL), ``labels`` (a native enum's, in their order; else null).
    """
    labels = (
        select(func.array_agg(aggregate_order_by(cast(_enum.c.enumlabel, Text), _enum.c.enumsortorder)))
        .where(_enum.c.enumtypid == _type.c.oid)
        .scalar_subquery()
    )
    return (
        select(
            cast(_attribute.c.attname, Text).label("name"),
            func.format_type(_attribute.c.atttypid, _attribute.c.atttypmod).label("type"),
            cast(_type.c.typcategory, Text).label("category"),
            cast(_attribute.c.atttypid, OID).label("oid"),
            _attribute.c.attnotnull.label("required"),
            labels.label("labels"),
        )
        .join_from(_attribute, _type, _type.c.oid == _attribute.c.atttypid)
        .where(_attribute.c.attrelid == given("oid", OID), _attribute.c.attnum > 0, ~_attribute.c.attisdropped)
        .order_by(_attribute.c.attnum)
    )


def checks() -> Select[*tuple[Any, ...]]:
    """The CHECK constraints on one column of the relation whose oid is the parameter ``oid``.

    Returns:
        Columns: ``name``, ``column``, ``definition`` as ``pg_get_constraintdef`` writes it.
    """
    numbers = ARRAY(SmallInteger)
    none = cast(literal("{}", literal_execute=True), numbers)
    return (
        select(
            cast(_constraint.c.conname, Text).label("name"),
            cast(_attribute.c.attname, Text).label("column"),
            func.pg_get_constraintdef(_constraint.c.oid).label("definition"),
        )
        .join_from(_constraint, _attribute, _attribute.c.attrelid == _constraint.c.conrelid)
        .where(
            _constraint.c.conrelid == given("oid", OID),
            cast(_constraint.c.contype, Text) == literal("c", literal_execute=True),
            cast(_constraint.c.conkey, numbers) == func.array_append(none, _attribute.c.attnum),
        )
    )


def unique_columns() -> Select[*tuple[Any, ...]]:
    """The column sets of the unique, unconditional indexes of the relation whose oid is the parameter ``oid``.

    Returns:
        Column: ``names``, the columns of one index.
    """
    names = (
        select(func.array_agg(cast(_attribute.c.attname, Text)))
        .where(
            _attribute.c.attrelid == _index.c.indrelid,
            _attribute.c.attnum == func.any(cast(_index.c.indkey, ARRAY(SmallInteger))),
        )
        .scalar_subquery()
    )
    return select(names.label("names")).where(
        _index.c.indrelid == given("oid", OID), _index.c.indisunique, _index.c.indpred.is_(None)
    )


def words_in_use(rows: Rows) -> CompoundSelect[*tuple[Any, ...]]:
    """Status words that rows have: of the first of them, and the commonest of all.

    The parameter ``name`` is the table's quoted name.

    Returns:
        Column: ``word``, as text; null where a row has none.
    """
    first = select(cast(rows.status, Text).label("word")).limit(literal(SAMPLE, literal_execute=True)).subquery()
    common = cast(cast(_statistics.c.most_common_vals, Text), ARRAY(Text))
    return union(
        select(first.c.word),
        select(func.unnest(common))
        .join_from(_class, _namespace, _namespace.c.oid == _class.c.relnamespace)
        .join(_statistics, _statistics.c.schemaname == _namespace.c.nspname)
        .where(
            _class.c.oid == cast(func.to_regclass(given("name", Text)), REGCLASS),
            _statistics.c.tablename == _class.c.relname,
            _statistics.c.attname == literal(rows.status.name, Text, literal_execute=True),
        ),
    )
