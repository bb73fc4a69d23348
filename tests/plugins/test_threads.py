"""The threads that plain hooks run in."""

import asyncio
import subprocess
import sys
import threading

import pytest

from curation_core.host._threads import in_thread

GUARD = 60  # seconds after which a test has failed


async def test_a_hundred_calls_run_at_once():
    all_here = threading.Barrier(100)

    places = await asyncio.gather(*[in_thread(all_here.wait, GUARD) for _ in range(100)])

    assert sorted(places) == list(range(100))


async def test_an_idle_thread_is_used_again():
    first = await in_thread(threading.get_ident)

    assert await in_thread(threading.get_ident) == first


async def test_a_call_that_is_given_up_does_not_hold_up_the_next():
    begun, release, ended = threading.Event(), threading.Event(), threading.Event()

    def hang():
        begun.set()
        release.wait(GUARD)
        ended.set()

    hanging = asyncio.ensure_future(in_thread(hang))
    assert await in_thread(begun.wait, GUARD)
    hanging.cancel()

    assert await in_thread(str, 7) == "7"
    assert not ended.is_set()
    release.set()
    assert await in_thread(ended.wait, GUARD)
    assert hanging.cancelled()


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), StopIteration("end")])
async def test_what_a_function_raises_arrives(error):
    def fail():
        raise error

    with pytest.raises(RuntimeError if isinstance(error, StopIteration) else type(error)) as raised:
        await in_thread(fail)

    assert error in (raised.value, raised.value.__cause__)


HANGS = """
import asyncio, threading
from curation_core.host._threads import in_thread

async def main():
    begun = threading.Event()
    def hang():
        begun.set()
        threading.Event().wait()
    hanging = asyncio.ensure_future(in_thread(hang))
    while not begun.is_set():
        await asyncio.sleep(0)
    hanging.cancel()

asyncio.run(main())
print("ended")
"""

FORKS = """
import asyncio, os, sys
from curation_core.host._threads import in_thread

asyncio.run(in_thread(str, 7))
if child := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(asyncio.run(in_thread(str, 8)), flush=True)
"""


LOSES_ITS_LOOP = """
import asyncio, threading
from curation_core.host._threads import in_thread

begun, release, threads = threading.Event(), threading.Event(), []

def hang():
    threads.append(threading.current_thread())
    begun.set()
    release.wait()

async def leave_it():
    hanging = asyncio.ensure_future(in_thread(hang))
    await in_thread(begun.wait)
    hanging.cancel()

async def meet():
    all_here = threading.Barrier(10)

    def be_there():
        all_here.wait()
        return threading.current_thread()

    return await asyncio.gather(*[in_thread(be_there) for _ in range(10)])

asyncio.run(leave_it())
release.set()
while threads[0] not in asyncio.run(meet()):
    pass
print("used again")
"""


@pytest.mark.parametrize(
    ("script", "says"),
    [
        pytest.param(HANGS, "ended", id="a process ends while a call hangs"),
        pytest.param(FORKS, "8", id="a forked process has threads of its own"),
        pytest.param(LOSES_ITS_LOOP, "used again", id="a thread outlives the loop that waited for it"),
    ],
)
def test_in_a_process_of_its_own(script, says):
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=GUARD, check=False)

    assert (done.returncode, done.stdout.strip()) == (0, says), done.stderr
