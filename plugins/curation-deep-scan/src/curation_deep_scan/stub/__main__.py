"""``python -m curation_deep_scan.stub``: the stub as a program, which knows every place whose ID begins with ChIJ."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress

from curation_deep_scan.stub.answers import StubAnswer, place
from curation_deep_scan.stub.server import PlacesStub, not_found

INTERRUPTED = 130


async def serve(port: int) -> None:
    """Serve until cancelled, and say where.

    Args:
        port: Where to listen; 0 for any free one.
    """
    async with PlacesStub(port=port, otherwise=_known) as stub:
        sys.stdout.write(f"serves the Places API, with one cafe under many IDs, on {stub.base_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def _known(place_id: str) -> StubAnswer:
    return place(place_id) if place_id.startswith("ChIJ") else not_found(place_id)


def main() -> int:
    """Run the program. Returns its exit code, once it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m curation_deep_scan.stub", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="where to listen; any free port by default")
    port = parser.parse_args().port
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(port))
    return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
