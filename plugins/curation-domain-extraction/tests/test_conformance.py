"""What every workflow must bear."""

from uuid import uuid4

from curation_core.testing import conformance_suite
from curation_domain_extraction.models import LocalBusiness

TestDomainExtraction = conformance_suite(
    "domain-extraction", make_item=lambda n: LocalBusiness(id=uuid4(), website_url=f"https://www.example-{n}.com/")
)
