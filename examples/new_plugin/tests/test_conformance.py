"""What every workflow must bear. Every site is the server on loopback, by two explicit settings of the fetch."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import MetaData, UniqueConstraint

from curation_core import Retry
from curation_core.testing import Answer, LoopbackServer, conformance_suite
from curation_sitemap_discovery.models import Domain, Tables

# A thousand sites in three seconds: what is kept open for a second request to each would look like a leak.
CLOSED = (("connection", "close"),)
TABLES = MetaData()
for table in Tables.metadata.tables.values():
    table.to_metadata(TABLES)
TABLES.tables["sitemap_files"].append_constraint(UniqueConstraint("domain_id", "url"))  # as in the public application


def settings(http: LoopbackServer) -> dict[str, Any]:
    """Every name leads to the server, and nothing waits."""
    address = http.base_url.removeprefix("http://")
    fetch = {"dangerously_admit_networks": ["127.0.0.0/8"], "dangerously_connect_to": address}
    return {"gap_seconds": 0, "common_paths": ["/sitemap.xml"], "fetch": fetch}


def serve(http: LoopbackServer) -> None:
    """Every site has a sitemap where most have it."""
    text = "<urlset><url><loc>/</loc></url></urlset>"
    http.answer("/sitemap.xml", Answer(text, headers=CLOSED, content_type="application/xml"))
    http.otherwise(Answer("not found", 404, headers=CLOSED))


TestSitemapDiscovery = conformance_suite(
    "sitemap-discovery",
    make_item=lambda n: Domain(id=uuid4(), tenant_id=UUID(int=17), domain=f"site{n}.example"),
    tables=TABLES,
    serve=serve,
    settings=settings,
    errors={Answer(status=503): Retry},
)
