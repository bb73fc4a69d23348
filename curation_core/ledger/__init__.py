"""The engine's own tables, and the migrations that make them. Nothing here touches a user's table."""

from curation_core.ledger.tables import Ledger as Ledger

__all__ = ["Ledger"]
