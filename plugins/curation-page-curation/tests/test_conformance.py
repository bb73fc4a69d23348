"""What every workflow must bear. The pages are on loopback, which the fetch admits by an explicit setting alone."""

from uuid import UUID, uuid4

from sqlalchemy import MetaData, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession

from curation_core import Fail, Retry
from curation_core.testing import Answer, LoopbackServer, conformance_suite
from curation_page_curation.models import Contact, Page, Tables

SITE = UUID(int=17)
TABLES = MetaData()
for table in Tables.metadata.tables.values():
    table.to_metadata(TABLES)
TABLES.tables["contacts"].append_constraint(UniqueConstraint("domain_id", "email"))  # as in the public application


def site(http: LoopbackServer) -> None:
    """Every page names an address of its own."""
    http.answer("/robots.txt", Answer(status=404))
    http.otherwise(
        lambda request: Answer(
            f"<html><title>{request.path}</title><p><a href='mailto:desk{request.path[1:]}@joes.com'>Write</a></p>"
        )
    )


async def effects(session: AsyncSession) -> object:
    """What is found, without how long it took."""
    found = await session.execute(select(Contact.email, Contact.source_url, Contact.context).order_by(Contact.email))
    pages = await session.execute(select(Page.title, Page.word_count, Page.contact_scrape_status).order_by(Page.url))
    return found.all(), pages.all()


TestPageCuration = conformance_suite(
    "page-curation",
    make_item=lambda n, http: Page(id=uuid4(), domain_id=SITE, url=http.url(f"/{n}")),
    tables=TABLES,
    serve=site,
    settings={"gap_seconds": 0, "fetch": {"dangerously_admit_networks": ["127.0.0.0/8"]}},
    effects=effects,
    errors={Answer(status=404): Fail, Answer(status=410): Fail, Answer(broken="reset"): Retry},
)
