"""Has pages read by a process of its own, so that none can keep the host's event loop, or the host, from its work."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import suppress
from typing import Any, Self

from curation_page_curation.contents import Contents
from curation_page_curation.errors import PageError, StopCode

LONGEST_ANSWER = 16 * 2**20
"""Bytes. The longest that can come is under a tenth of it: all that a page says is bounded."""


class ReaderDied(Exception):
    """The process that reads pages ended, and no page is to blame."""


class PageReader:
    """Reads pages and robots.txt, one at a time, in a child process. An async context manager.

    The child is started for the first page. One that dies is replaced for the next.

    Args:
        cpu_seconds: Processor time that one page may take.
        memory_mb: Memory of the child.
    """

    def __init__(self, *, cpu_seconds: float, memory_mb: int) -> None:
        self._limits = (str(cpu_seconds), str(memory_mb))
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stop()

    async def read(self, body: bytes, *, url: str, content_type: str | None, region: str) -> Contents:
        """Read a page; the arguments are those of `curation_page_curation.extraction.read_page`.

        Raises:
            PageError: It can't be read.
            ReaderDied: The child ended for another reason. Another try may succeed.
        """
        request = {"what": "page", "url": url, "content_type": content_type, "region": region}
        return Contents.from_json(await self._ask(request, body))

    async def rules(self, robots: bytes, *, url: str, name: str) -> tuple[bool, float | None]:
        """Ask a robots.txt; arguments and answer are those of `curation_page_curation.rules.rules_on`.

        Raises:
            PageError: It can't be read.
            ReaderDied: As for `read`.
        """
        said = await self._ask({"what": "robots", "url": url, "name": name}, robots)
        return said["allowed"], said["delay"]

    async def _ask(self, request: dict[str, Any], body: bytes) -> dict[str, Any]:
        async with self._turn:
            answered = False
            try:
                line = await self._exchange(request, body)
                answered = True
            finally:
                if not answered:  # whoever asks next would get this answer
                    await self._stop()
        said: dict[str, Any] = json.loads(line)
        if "error" in said:
            raise PageError(StopCode(said["error"]), said["text"])
        return said

    async def _exchange(self, request: dict[str, Any], body: bytes) -> bytes:
        child = self._child or await self._start()
        self._child = child
        if child.stdin is None or child.stdout is None:  # never: both are pipes
            raise ReaderDied
        child.stdin.write(json.dumps({**request, "bytes": len(body)}).encode() + b"\n" + body)
        with suppress(ConnectionError):  # it died: the end of its answers tells how
            await child.stdin.drain()
        line = await child.stdout.readline()
        if line.endswith(b"\n"):
            return line
        code = await child.wait()
        if code == -signal.SIGPROF:
            text = f"reading it takes more than {self._limits[0]} s of processor time"
            raise PageError(StopCode.TOO_COSTLY, text)
        message = f"reader_died: the process that reads pages ended with {code}"
        raise ReaderDied(message)

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "curation_page_curation.reading", *self._limits),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_ANSWER,
            start_new_session=True,  # Ctrl-C is for the host, which lets its items finish
        )

    async def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if child.returncode is None:
            child.kill()
        if child.stdin is not None:
            child.stdin.close()
        await child.wait()
