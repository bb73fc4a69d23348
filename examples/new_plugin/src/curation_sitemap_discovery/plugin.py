"""WF4, sitemap discovery: a row of ``domains`` becomes rows of ``sitemap_files``."""

from datetime import timedelta

from curation_core import Outcome, Policy, States, Workflow, hookimpl
from curation_fetch import Fetcher
from curation_sitemap_discovery import saving, verdicts
from curation_sitemap_discovery.discovery import Discovery
from curation_sitemap_discovery.models import Domain
from curation_sitemap_discovery.settings import SitemapDiscoverySettings as Settings


@hookimpl
def declare_workflow() -> Workflow:
    """Work ``sitemap_analysis_status``, the domain that waits longest first."""
    return Workflow(
        status=Domain.sitemap_analysis_status,
        error=Domain.sitemap_analysis_error,
        states=States(queued="queued", processing="processing", completed="submitted", failed="failed"),
        order_by=(Domain.updated_at, Domain.id),
        defaults=Policy(every=timedelta(minutes=1), batch_size=10, timeout=timedelta(minutes=10)),
        settings=Settings,
    )


@hookimpl
def lifespan(settings: Settings) -> Fetcher:
    """Open the one way to the network, shared by all domains."""
    return Fetcher(settings.fetch)


@hookimpl
async def process_item(item: Domain, resources: Fetcher, settings: Settings) -> Outcome:
    """Ask the site for its sitemaps."""
    return verdicts.verdict_on(await Discovery(resources, settings).run(item.domain))


save_result = hookimpl(saving.save_result)
on_error = hookimpl(verdicts.on_error)
