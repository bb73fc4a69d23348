"""The process that reads pages answers one at a time, and outlives nobody."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from curation_page_curation.errors import PageError
from curation_page_curation.reader import PageReader

SCRIPT = Path(__file__).with_name("hold_reader.py")
PAUSE = 0.02
PAGE = b"<title>Joe's</title>"
ARGUMENTS = {"url": "https://joes.com/", "content_type": None, "region": "US"}


async def test_pages_that_are_asked_for_at_once_are_not_mixed_up():
    async with PageReader(cpu_seconds=5, memory_mb=1024) as reader:
        bodies = [b"<title>%d</title>" % number for number in range(20)]
        contents = await asyncio.gather(*(reader.read(body, **ARGUMENTS) for body in bodies))
    assert [each.title for each in contents] == [str(number) for number in range(20)]


async def test_who_stops_waiting_leaves_no_answer_to_the_next():
    async with PageReader(cpu_seconds=30, memory_mb=1024) as reader:
        await reader.read(PAGE, **ARGUMENTS)
        impatient = asyncio.create_task(reader.read(b"<div></b>" * 100_000, **ARGUMENTS))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
        assert (await reader.read(PAGE, **ARGUMENTS)).title == "Joe's"


async def test_memory_has_a_bound():
    async with PageReader(cpu_seconds=20, memory_mb=400) as reader:
        fonts = b"<p>" + b"".join(b"<font a%d=1>" % number for number in range(2_500)) + b"</p>"
        with pytest.raises(Exception, match=r"too_costly|reader_died|extraction_failed"):
            await reader.read(fonts + b"<p>x" * 100_000, **ARGUMENTS)
        assert (await reader.read(PAGE, **ARGUMENTS)).title == "Joe's"


async def test_time_has_a_bound():
    async with PageReader(cpu_seconds=0.3, memory_mb=1024) as reader:
        with pytest.raises(PageError, match="too_costly"):
            await reader.read(b"<div></b>" * 200_000, **ARGUMENTS)


async def test_it_ends_when_its_host_is_killed():
    host = await asyncio.create_subprocess_exec(sys.executable, SCRIPT, stdout=asyncio.subprocess.PIPE)
    child = int(await host.stdout.readline())
    host.send_signal(signal.SIGKILL)
    await host.wait()
    async with asyncio.timeout(30):
        while is_running(child):
            await asyncio.sleep(PAUSE)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and ") Z " in state.read_text())  # one that nobody has waited for is no more running
