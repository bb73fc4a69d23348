"""A child process: runs the items of one plugin, one at a time, for the host that started it.

Run as a script, ``python -P __main__.py NUMBER NAME``, by `curation_core._child.process`. Its standard input is the
lifeline: a pipe on which nothing is ever sent, and whose writing end the host alone holds. NUMBER is the descriptor of
the socket on which host and child talk; NAME, the workflow's, is there for whoever lists processes. What is written to
the standard output and the standard error goes to the host's log, since the talk is elsewhere.

Nothing of curation_core is imported before the host has said where its modules are.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
import sys
import threading
from typing import Any

NUMBER_OF_BYTES = 4


def die_with_the_host(lifeline: int) -> None:
    """Let this process, and all that it started in its session, be killed when the host is gone, however it went.

    On Linux the kernel does it: no thread of ours has to run for it, which one could not do while another one computes
    in C and holds the interpreter. Elsewhere a thread waits for the pipe's end.

    Args:
        lifeline: The reading end of the pipe.
    """
    if sys.platform == "linux":
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
        if select.select([lifeline], [], [], 0)[0]:  # it ended before the kernel was asked to tell
            os.killpg(0, signal.SIGKILL)
    else:
        threading.Thread(target=kill_all_at_the_end_of, args=(lifeline,), daemon=True).start()


def kill_all_at_the_end_of(lifeline: int) -> None:
    """Wait for the pipe's end, then kill this process and all that it started in its session."""
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def leave_signals_to_the_host() -> None:
    """Survive the signals that whoever stops the host may send to all of its processes: the host drains.

    A handler and not SIG_IGN, which programs that the plugin starts would inherit, and so be deaf.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ignore)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))  # as they were when it started
    os.register_at_fork(after_in_child=_heed_signals)


def _ignore(*_: Any) -> None:
    pass


def _heed_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def main(number: str, _name: str) -> None:
    """Be a child until the host ends the talk, or is gone."""
    lifeline = os.dup(0)
    die_with_the_host(lifeline)
    leave_signals_to_the_host()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    talk = socket.socket(fileno=int(number))
    talk.set_inheritable(False)
    length = int.from_bytes(talk.recv(NUMBER_OF_BYTES, socket.MSG_WAITALL))
    sys.path[:] = json.loads(talk.recv(length, socket.MSG_WAITALL))

    from curation_core._child.serving import serve  # noqa: PLC0415 - it can't be found before

    serve(talk)
    talk.detach()  # the talk ends with the process, and not before what is registered with atexit has run


if __name__ == "__main__":
    main(*sys.argv[1:])
