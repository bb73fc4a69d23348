"""Imports a sitemap of 50,000 URLs and prints by how many bytes the process grew over its idle state. Run by a test.

The address is the first argument. Idle is what is resident when a sitemap of one page has been imported.
"""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

from curation_core import Attempt, Done
from curation_sitemap_import import plugin
from curation_sitemap_import.models import SitemapFile
from curation_sitemap_import.settings import SitemapImportSettings


def memory(key: str) -> int:
    """Resident memory in bytes: ``VmRSS`` now, ``VmHWM`` the most so far."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) * 1024


async def main(base: str) -> None:
    """Import a small sitemap, so that all that is loaded once is loaded; then the large one."""
    settings = SitemapImportSettings.model_validate({"fetch": {"dangerously_admit_networks": ["127.0.0.0/8"]}})
    async with plugin.lifespan(settings) as resources:
        idle = 0
        for path, count in (("/small.xml", 1), ("/large.xml", 50_000)):
            idle = memory("VmRSS")
            item = SitemapFile(id=uuid4(), domain_id=uuid4(), url=base + path)
            outcome = await plugin.process_item(item, Attempt("sitemap-import", "[1]"), resources, settings)
            assert isinstance(outcome, Done)
            assert outcome.result.pages.count == count
    print(memory("VmHWM") - idle)


asyncio.run(main(sys.argv[1]))
