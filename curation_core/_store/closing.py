"""Settle items that save their results, and set their rows' final status, themselves."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from curation_core._sql import settle
from curation_core._sql.rows import named
from curation_core._store.settling import SettleStore
from curation_core.claims import Verdict


class ClosingStore(SettleStore):
    """A row that is no longer in processing is settled all the same: as it is, with the item's own outcome."""

    async def adopt(self, verdicts: Sequence[Verdict]) -> int:
        """Leave rows in processing alone: who works such a table beside this engine may have no claims."""
        del verdicts
        return 0

    async def _after_others(
        self, connection: AsyncConnection, settled: list[Verdict], moved: list[Verdict]
    ) -> tuple[list[Verdict], list[Verdict]]:
        found = await connection.execute(
            settle.failed_by_themselves(self._rows), named(item=[verdict.claim.item for verdict in moved])
        )
        reasons = {row.item: row.reason for row in found}
        for verdict in moved:  # an item that has failed its row itself is not told as done
            if verdict.outcome == "done" and verdict.claim.item in reasons:
                verdict.outcome, verdict.reason = "failed", reasons[verdict.claim.item]
        return [*settled, *moved], []
