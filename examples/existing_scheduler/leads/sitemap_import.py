"""WF6: sitemaps that become pages."""

from sqlalchemy import asc

from leads.after import run_job_loop
from leads.models import SitemapFile, SitemapImportStatus
from leads.scheduler_instance import EVERY, scheduler
from leads.services import SitemapImportService


async def process_pending_sitemap_imports() -> None:
    """What the scheduler calls."""
    service = SitemapImportService()
    await run_job_loop(
        model=SitemapFile,
        status_enum=SitemapImportStatus,
        queued_status=SitemapImportStatus.Queued,
        processing_status=SitemapImportStatus.Processing,
        completed_status=SitemapImportStatus.Complete,
        failed_status=SitemapImportStatus.Error,
        processing_function=service.process_single_sitemap_file,
        batch_size=20,
        order_by_column=asc(SitemapFile.updated_at),
        status_field_name="sitemap_import_status",
        error_field_name="sitemap_import_error",
    )


def setup_sitemap_import_scheduler() -> None:
    """Add it to the application's scheduler."""
    scheduler.add_job(
        process_pending_sitemap_imports,
        "interval",
        seconds=EVERY,
        id="process_sitemap_imports",
        replace_existing=True,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=60,
    )
