"""WF3: businesses whose website becomes a domain."""

from uuid import UUID

from sqlalchemy import asc
from sqlalchemy.ext.asyncio import AsyncSession

from leads.after import run_job_loop
from leads.models import DomainExtractionStatus, LocalBusiness
from leads.scheduler_instance import EVERY, scheduler
from leads.services import LocalBusinessToDomainService


async def process_domain_extraction_wrapper(item_id: UUID, session: AsyncSession) -> None:
    """One business, in one transaction, with its final status."""
    async with session.begin():
        business = await session.get_one(LocalBusiness, item_id)
        if await LocalBusinessToDomainService().create_pending_domain_from_local_business(item_id, session):
            business.domain_extraction_status = DomainExtractionStatus.Completed
        else:
            business.domain_extraction_status = DomainExtractionStatus.Error
            business.domain_extraction_error = "it has no website"


async def process_domain_extraction_queue() -> None:
    """What the scheduler calls."""
    await run_job_loop(
        model=LocalBusiness,
        status_enum=DomainExtractionStatus,
        queued_status=DomainExtractionStatus.Queued,
        processing_status=DomainExtractionStatus.Processing,
        completed_status=DomainExtractionStatus.Completed,
        failed_status=DomainExtractionStatus.Error,
        processing_function=process_domain_extraction_wrapper,
        batch_size=20,
        order_by_column=asc(LocalBusiness.updated_at),
        status_field_name="domain_extraction_status",
        error_field_name="domain_extraction_error",
    )


def setup_domain_extraction_scheduler() -> None:
    """Add it to the application's scheduler."""
    scheduler.add_job(
        process_domain_extraction_queue,
        "interval",
        seconds=EVERY,
        id="process_domain_extraction_queue",
        replace_existing=True,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=60,
    )
