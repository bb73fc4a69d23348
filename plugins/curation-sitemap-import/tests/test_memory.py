"""A large sitemap takes little memory."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("import_50000.py")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="resident memory is read from /proc")
async def test_50000_urls_grow_the_process_by_at_most_60_mb(site):
    lines = (
        f"<url><loc>https://www.example.com/category-{number % 40}/some-long-product-name-{number}/page.html</loc>"
        f"<lastmod>2024-01-{number % 28 + 1:02}T10:00:00+00:00</lastmod><changefreq>weekly</changefreq>"
        "<priority>0.8</priority></url>"
        for number in range(50_000)
    )
    head = '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    site.files |= {
        "/small.xml": f"{head}<url><loc>/a</loc></url></urlset>",
        "/large.xml": f"{head}{''.join(lines)}</urlset>",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, SCRIPT, site.base, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    print(f"grown by {int(output) / 2**20:.1f} MB")
    assert int(output) <= 60 * 2**20
