"""WF3, domain extraction: ``local_businesses.website_url`` becomes a row of ``domains``."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from curation_core import Fail, Policy, Selection, Skip, States, Workflow, hookimpl
from curation_domain_extraction.models import LocalBusiness
from curation_domain_extraction.saving import save_website
from curation_domain_extraction.settings import DomainExtractionSettings
from curation_domain_extraction.websites import Website, website_of


@hookimpl
def declare_workflow() -> Workflow:
    """Work ``domain_extraction_status``, the row that waits longest first."""
    return Workflow(
        status=LocalBusiness.domain_extraction_status,
        error=LocalBusiness.domain_extraction_error,
        states=States(queued="Queued", processing="Processing", completed="Completed", failed="Error"),
        selection=Selection(column="status"),
        order_by=(LocalBusiness.updated_at, LocalBusiness.id),
        defaults=Policy(every=timedelta(minutes=2), batch_size=20, max_instances=1),
        settings=DomainExtractionSettings,
    )


@hookimpl
async def process_item(item: LocalBusiness, settings: DomainExtractionSettings) -> Website | Skip | Fail:
    """Read the website field."""
    return website_of(item.website_url, settings)  # microseconds, hence not handed to a thread


@hookimpl
async def save_result(session: AsyncSession, item: LocalBusiness, result: Website) -> None:
    """Add the domain, or link the business to the one there is."""
    await save_website(session, item, result)
