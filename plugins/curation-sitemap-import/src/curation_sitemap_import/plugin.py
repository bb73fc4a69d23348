"""WF6, sitemap import: a row of ``sitemap_files`` becomes rows of ``pages``, each with a category and a priority."""

from datetime import timedelta

from curation_core import Attempt, Outcome, Policy, Selection, States, Workflow, hookimpl
from curation_fetch import Fetcher
from curation_sitemap_import import saving, verdicts
from curation_sitemap_import.crawling import Crawl
from curation_sitemap_import.models import SitemapFile
from curation_sitemap_import.settings import SitemapImportSettings as Settings


@hookimpl
def declare_workflow() -> Workflow:
    """Work ``sitemap_import_status``, the sitemap that waits longest first."""
    return Workflow(
        status=SitemapFile.sitemap_import_status,
        error=SitemapFile.sitemap_import_error,
        states=States(queued="Queued", processing="Processing", completed="Complete", failed="Error"),
        selection=Selection(column="deep_scrape_curation_status"),
        order_by=(SitemapFile.updated_at, SitemapFile.id),
        defaults=Policy(every=timedelta(minutes=1), batch_size=20, max_instances=1, timeout=timedelta(minutes=30)),
        settings=Settings,
    )


@hookimpl
def lifespan(settings: Settings) -> Fetcher:
    """Open the one way to the network, shared by all sitemaps."""
    return Fetcher(settings.fetch)


@hookimpl
async def process_item(item: SitemapFile, attempt: Attempt, resources: Fetcher, settings: Settings) -> Outcome:
    """Read the sitemap and all it leads to."""
    return verdicts.verdict_on(await Crawl(resources, settings).run(item.url), attempt)


save_result = hookimpl(saving.save_result)
on_error = hookimpl(verdicts.on_error)
