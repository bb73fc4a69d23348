"""Threads for ``def process_item``.

Not the loop's default executor: its few threads are shared, so one plugin that hangs in them would stop every other
plugin's items, and the interpreter joins them at its end, so a worker with a hung item could not be stopped. Here a
call that finds no idle thread gets a new one (the engine's ``concurrency`` is the bound), and none delays the end.
"""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any

KEPT = 64  # idle threads; beyond them a thread ends with its call
Call = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]
_idle: list[SimpleQueue[Call]] = []
_numbers = itertools.count(1)
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_idle.clear)  # a fork copies the list, not the threads


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a thread, with the caller's context variables.

    Cancelling gives up the wait; the thread runs on to the function's end, for nothing can stop it.

    Args:
        function: What to call.
        *arguments: What to call it with.

    Returns:
        What it returned.
    """
    loop = asyncio.get_running_loop()
    answer = loop.create_future()
    call = partial(contextvars.copy_context().run, function, *arguments)
    try:
        inbox = _idle.pop()
    except IndexError:
        inbox = SimpleQueue()
        threading.Thread(target=_serve, args=(inbox,), name=f"curation-item-{next(_numbers)}", daemon=True).start()
    inbox.put((loop, answer, call))
    return await answer


def _serve(inbox: SimpleQueue[Call]) -> None:
    while _work(inbox):
        pass


def _work(inbox: SimpleQueue[Call]) -> bool:
    loop, answer, call = inbox.get()
    result: Any = None
    error: BaseException | None = None
    try:
        result = call()
    except StopIteration as stop:  # a future refuses it, and would never be done
        error = RuntimeError("the function raised StopIteration")
        error.__cause__ = stop
    except BaseException as raised:  # noqa: BLE001 - whatever it is, the item's owner decides
        error = raised
    kept = len(_idle) < KEPT
    if kept:
        _idle.append(inbox)
    with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
        loop.call_soon_threadsafe(_settle, answer, result, error)
    return kept


def _settle(answer: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if answer.done():
        return  # cancelled: the attempt ran out of time
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)
