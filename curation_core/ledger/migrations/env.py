"""Alembic's environment for the engine's schema. It is run by ``curation_core.ledger.migrate`` alone."""

from alembic import context
from sqlalchemy.schema import CreateSchema

schema = context.config.attributes["schema"]
connection = context.config.attributes.get("connection")

if connection is None:
    context.configure(dialect_name="postgresql", version_table_schema=schema, literal_binds=True)
    with context.begin_transaction():
        context.execute(CreateSchema(schema, if_not_exists=True))
        context.run_migrations()
else:
    connection.execute(CreateSchema(schema, if_not_exists=True))
    context.configure(connection=connection, version_table_schema=schema)
    context.run_migrations()
