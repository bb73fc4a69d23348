"""Takes three turns at a host and notes when each began and ended. Run by a test, several times at once.

Arguments: the database, the file for the notes, the gap in seconds.
"""

import asyncio
import sys
import time
from pathlib import Path

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from curation_page_curation.slots import HostSlots


async def main(url: str, notes: Path, gap: float) -> None:
    """Take the turns."""
    engine = create_async_engine(url)
    slots = HostSlots(async_sessionmaker(engine), lease=30, max_wait=60)
    for _ in range(3):
        async with slots.turn("joes.com", gap):
            began = time.time()
            await asyncio.sleep(0)
            ended = time.time()
        with notes.open("a") as file:
            file.write(f"{began} {ended}\n")
    await engine.dispose()


asyncio.run(main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])))
