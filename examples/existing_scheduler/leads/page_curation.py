"""WF7: pages that are read for contacts. Its service processes one page."""

from sqlalchemy import asc

from leads.after import run_job_loop
from leads.models import Page, PageProcessingStatus
from leads.scheduler_instance import EVERY, scheduler
from leads.services import PageCurationService


async def process_page_curation_queue() -> None:
    """What the scheduler calls."""
    service = PageCurationService()
    await run_job_loop(
        model=Page,
        status_enum=PageProcessingStatus,
        queued_status=PageProcessingStatus.Queued,
        processing_status=PageProcessingStatus.Processing,
        completed_status=PageProcessingStatus.Complete,
        failed_status=PageProcessingStatus.Error,
        processing_function=service.process_single_page_for_curation,
        batch_size=10,
        order_by_column=asc(Page.updated_at),
        status_field_name="page_processing_status",
        error_field_name="page_processing_error",
    )


def setup_page_curation_scheduler() -> None:
    """Add it to the application's scheduler."""
    scheduler.add_job(
        process_page_curation_queue,
        "interval",
        seconds=EVERY,
        id="v2_page_curation_processor",
        replace_existing=True,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=60,
    )
