"""What every workflow must bear. The sitemaps are on loopback, which the fetch admits by an explicit setting alone."""

from uuid import UUID, uuid4

from sqlalchemy import MetaData, UniqueConstraint

from curation_core import Fail, Retry
from curation_core.testing import Answer, Request, conformance_suite
from curation_sitemap_import.models import SitemapFile, Tables

SITE = UUID(int=17)
TABLES = MetaData()
for table in Tables.metadata.tables.values():
    table.to_metadata(TABLES)
TABLES.tables["pages"].append_constraint(UniqueConstraint("domain_id", "url"))  # as in the public application


def sitemap(request: Request) -> Answer:
    """Two pages, named after the file that lists them."""
    found = [
        f"<url><loc>http://{request.headers['host']}{request.path}/{page}</loc></url>" for page in ("a", "contact")
    ]
    return Answer(f"<urlset>{''.join(found)}</urlset>", content_type="application/xml")


TestSitemapImport = conformance_suite(
    "sitemap-import",
    make_item=lambda n, http: SitemapFile(id=uuid4(), domain_id=SITE, url=http.url(f"/{n}.xml")),
    tables=TABLES,
    serve=lambda http: http.otherwise(sitemap),
    settings={"fetch": {"dangerously_admit_networks": ["127.0.0.0/8"]}},
    errors={
        Answer(status=404): Fail,
        Answer(status=503): Retry,
        Answer(broken="reset"): Retry,
        Answer("<html>"): Fail,
    },
)
