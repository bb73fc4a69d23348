"""Opens a reader, says which process it is, and waits to be killed. Run by a test."""

import asyncio

from curation_page_curation.reader import PageReader


async def main() -> None:
    """Read one page, and wait."""
    async with PageReader(cpu_seconds=5, memory_mb=1024) as reader:
        await reader.read(b"<p>", url="https://joes.com/", content_type=None, region="US")
        print(reader._child.pid, flush=True)  # noqa: SLF001 - whom to look for
        await asyncio.Event().wait()


asyncio.run(main())
