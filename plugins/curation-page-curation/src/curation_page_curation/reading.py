"""The process that reads pages: ``python -m curation_page_curation.reading CPU_SECONDS MEMORY_MB``.

It reads requests from its standard input, a line of JSON and the bytes that the line announces, and answers each with a
line of JSON. It ends with its input. A request that takes too much processor time ends it, by a signal that no hostile
page can hold back: parsing happens in C, where Python's own means do not reach.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from contextlib import suppress
from typing import Any, BinaryIO

from curation_page_curation.errors import PageError, StopCode
from curation_page_curation.extraction import read_page
from curation_page_curation.rules import rules_on


def answer(request: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Do what a request asks for.

    Args:
        request: ``what`` is ``page`` or ``robots``; the others are the arguments of that.
        body: The bytes it is about.

    Returns:
        What was read, or ``error`` and ``text``.
    """
    what = request.pop("what")
    try:
        if what == "robots":
            allowed, delay = rules_on(body, **request)
            return {"allowed": allowed, "delay": delay}
        return read_page(body, **request).to_json()
    except PageError as error:
        return {"error": error.code, "text": error.text}
    except MemoryError:
        return {"error": StopCode.TOO_COSTLY, "text": "reading it takes more memory than a page may"}
    except Exception as error:  # noqa: BLE001 - whatever it is, the host must hear of it
        return {"error": StopCode.EXTRACTION_FAILED, "text": f"{type(error).__name__}: {error}"}


def serve(requests: BinaryIO, answers: BinaryIO, cpu_seconds: float) -> None:
    """Answer requests until there are no more."""
    while line := requests.readline():
        request = json.loads(line)
        body = requests.read(request.pop("bytes"))
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        said = answer(request, body)
        signal.setitimer(signal.ITIMER_PROF, 0)
        answers.write(json.dumps(said).encode() + b"\n")
        answers.flush()


def main() -> None:
    """Limit this process, and serve."""
    cpu_seconds, memory = float(sys.argv[1]), int(sys.argv[2]) * 2**20
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = memory if most == resource.RLIM_INFINITY else min(memory, most)
    with suppress(ValueError, OSError):  # macOS knows no such limit; the clock holds there too
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    serve(sys.stdin.buffer, sys.stdout.buffer, cpu_seconds)


if __name__ == "__main__":
    main()
