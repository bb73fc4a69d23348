"""The loop as it was: rows are locked while they are marked, and nothing holds them afterwards."""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import select, update

from leads.database import get_session

logger = logging.getLogger(__name__)


async def run_job_loop(
    model: Any,
    status_enum: Any,  # noqa: ARG001 - the schedulers pass it
    queued_status: Any,
    processing_status: Any,
    completed_status: Any,  # noqa: ARG001 - likewise
    failed_status: Any,
    processing_function: Any,
    batch_size: int,
    order_by_column: Any = None,
    status_field_name: str = "status",
    error_field_name: str = "error",
) -> None:
    """Mark a batch as being processed, then process it row by row. A process that dies leaves its rows marked."""
    status = getattr(model, status_field_name)
    async with await get_session() as session, session.begin():
        waiting = select(model.id).where(status == queued_status).limit(batch_size).with_for_update(skip_locked=True)
        if order_by_column is not None:
            waiting = waiting.order_by(order_by_column)
        keys = (await session.scalars(waiting)).all()
        marked = update(model).where(model.id.in_(keys)).execution_options(synchronize_session=False)
        await session.execute(marked.values({status_field_name: processing_status, error_field_name: None}))
    for key in keys:
        try:
            async with await get_session() as session:
                await processing_function(key, session)
        except Exception as error:
            logger.exception("%s %s went wrong", model.__name__, key)
            async with await get_session() as session, session.begin():
                values = {status_field_name: failed_status, error_field_name: str(error)[:1024]}
                await session.execute(update(model).where(model.id == key).values(values))
