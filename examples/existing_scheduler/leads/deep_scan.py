"""WF2: places that wait for their deep scan."""

from sqlalchemy import asc, select
from sqlalchemy.ext.asyncio import AsyncSession

from leads.after import run_job_loop
from leads.models import DeepScanStatus, Place
from leads.scheduler_instance import EVERY, scheduler
from leads.services import PlacesDeepService


async def process_single_deep_scan_wrapper(item_id: int, session: AsyncSession) -> None:
    """One place, in one transaction, with its final status."""
    async with session.begin():
        place = (await session.execute(select(Place).where(Place.id == item_id))).scalar_one()
        if await PlacesDeepService().process_single_deep_scan(place.place_id, session):
            place.deep_scan_status = DeepScanStatus.Completed
            place.deep_scan_error = None
        else:
            place.deep_scan_status = DeepScanStatus.Error
            place.deep_scan_error = "the map knows no such place"


async def process_deep_scan_queue() -> None:
    """What the scheduler calls."""
    await run_job_loop(
        model=Place,
        status_enum=DeepScanStatus,
        queued_status=DeepScanStatus.Queued,
        processing_status=DeepScanStatus.Processing,
        completed_status=DeepScanStatus.Completed,
        failed_status=DeepScanStatus.Error,
        processing_function=process_single_deep_scan_wrapper,
        batch_size=10,
        order_by_column=asc(Place.updated_at),
        status_field_name="deep_scan_status",
        error_field_name="deep_scan_error",
    )


def setup_deep_scan_scheduler() -> None:
    """Add it to the application's scheduler."""
    scheduler.add_job(
        process_deep_scan_queue,
        "interval",
        seconds=EVERY,
        id="process_deep_scan_queue",
        replace_existing=True,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=60,
    )
