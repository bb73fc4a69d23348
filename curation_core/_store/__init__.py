"""The only package that awaits a connection: every statement of `_sql` is run here, and nowhere else."""

from curation_core._store.store import Store as Store

__all__ = ["Store"]
