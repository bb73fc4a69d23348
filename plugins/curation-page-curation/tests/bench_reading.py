"""Measures how many pages one core reads in a second, on the real pages: ``python bench_reading.py [SECONDS]``.

Reading is all that follows the fetch: decode, parse, extract. The figure is that of the best round, since others use
the machine too; the median stands beside it.
"""

import sys
import time
from pathlib import Path
from statistics import median

from curation_page_curation.extraction import read_page

PAGES = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "contact_pages" / "source"


def main(seconds: float) -> None:
    """Read all pages again and again, and print the figures."""
    pages = {path.name: path.read_bytes() for path in sorted(PAGES.glob("*.html"))}
    if not pages:
        sys.exit("the real material is not beside the repository")
    rounds: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until or len(rounds) < 3:
        began = time.process_time()
        for name, body in pages.items():
            read_page(body, url=f"https://example.com/{name}")
        rounds.append((time.process_time() - began) / len(pages))
    kilobytes = sum(map(len, pages.values())) / len(pages) / 1000
    print(f"{len(pages)} pages of {kilobytes:.0f} kB, {len(rounds)} rounds")
    print(f"best {1 / min(rounds):.0f} pages/s, median {1 / median(rounds):.0f} pages/s")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5)
