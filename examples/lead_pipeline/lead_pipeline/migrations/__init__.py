"""The application's own migrations, run by its own Alembic."""
