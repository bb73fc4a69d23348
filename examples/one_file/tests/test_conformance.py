"""What every workflow must bear."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from curation_core.testing import conformance_suite
from titles import Page

TestTitles = conformance_suite(
    "titles", plugin="titles", make_item=lambda n: Page(html=f"<html><title>The page {n}</title></html>")
)
