"""The child's side: load the plugin, enter its lifespan, answer for one item after the other."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import pickle
import socket
import sys
import threading
import traceback
from contextlib import AsyncExitStack
from logging.handlers import QueueHandler
from typing import Any, TextIO, cast

from curation_core._child import wire
from curation_core._child.memory import limit_memory, memory_in_use, open_reserve
from curation_core._logging import log_context, log_names
from curation_core.errors import NotSendable, PluginError
from curation_core.host import BoundWorkflow, Host, PluginState
from curation_core.host._report import describe_error

_logger = logging.getLogger(__name__)
_PLAIN = (str, int, float, bool, type(None))


class Link:
    """The child's end of the talk.

    Args:
        talk: A connected socket.
    """

    def __init__(self, talk: socket.socket) -> None:
        self._talk = talk
        self._sending = threading.Lock()
        self._owner = os.getpid()

    @property
    def is_ours(self) -> bool:
        """Whether this is the child, and not a fork that a plugin made of it: a fork has no part in the talk."""
        return os.getpid() == self._owner

    def send(self, message: object) -> None:
        """Send a message, from any thread."""
        body = wire.packed(message)
        with self._sending:
            self._talk.sendall(body)

    def receive(self) -> Any:
        """The next message, waited for; ``None`` at the end of the talk."""
        head = self._exactly(wire.LENGTH.size)
        body = self._exactly(wire.LENGTH.unpack(head)[0]) if head else b""
        return pickle.loads(body) if body else None  # noqa: S301 - from the host that started this process

    async def next(self) -> Any:
        """The same, while the plugin's own tasks go on."""
        loop, readable = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._talk, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(self._talk)
        return self.receive()

    def _exactly(self, length: int) -> bytes:
        parts = bytearray()
        while len(parts) < length:
            part = self._talk.recv(min(length - len(parts), 2**20))
            if not part:
                return b""
            parts += part
        return bytes(parts)


class _ToTheHost(QueueHandler):
    """Sends log records, each as text: whatever its arguments are, they need not be pickled."""

    def __init__(self, link: Link) -> None:
        super().__init__(cast("Any", None))
        self._link = link

    def enqueue(self, record: logging.LogRecord) -> None:
        if not self._link.is_ours:
            sys.stderr.write(f"{record.getMessage()}\n")
            return
        fields = {name: value if isinstance(value, _PLAIN) else str(value) for name, value in vars(record).items()}
        self._link.send(wire.Line({**fields, "args": None}, log_names()))


def serve(talk: socket.socket) -> None:
    """Run items until the host ends the talk."""
    link = Link(talk)
    cast("TextIO", sys.stdout).reconfigure(line_buffering=True)  # type: ignore[attr-defined]  # it is a TextIOWrapper
    faulthandler.enable()
    order: wire.Order = link.receive()
    root = logging.getLogger()
    root.addHandler(_ToTheHost(link))
    root.setLevel(order.log_level)
    limit_memory(order.memory_limit)
    with log_context(workflow=order.name):
        asyncio.run(_serve(link, order))


async def _serve(link: Link, order: wire.Order) -> None:
    async with AsyncExitStack() as stack:
        try:
            bound = _load(order)
            settings = wire.unpickled(order.settings, "its settings")
            lifespan = bound.lifespan
            resources = await stack.enter_async_context(lifespan(settings, None)) if lifespan else None
        except BaseException as error:
            if isinstance(error, MemoryError):
                open_reserve()
            _logger.debug("the child can't start", exc_info=error)
            link.send(wire.Refused(str(error) if isinstance(error, PluginError) else describe_error(error)))
            return
        link.send(wire.Ready())
        while (item := await link.next()) is not None:
            link.send(await _answer(link, bound, item, resources, settings))


def _load(order: wire.Order) -> BoundWorkflow:
    host = Host()
    report = host.register_reference(f"{order.name}={order.reference}")
    if report.state is not PluginState.OK or order.name not in host.workflows:
        raise PluginError(str(report))
    return host.workflows[order.name]


async def _answer(link: Link, bound: BoundWorkflow, item: wire.Item, resources: Any, settings: Any) -> wire.Answer:
    # A task of its own: an item that cancels the task it runs in cancels itself alone.
    running = asyncio.create_task(_run(link, bound, item, resources, settings))
    await asyncio.wait([running])
    if running.cancelled():
        return _raised(asyncio.CancelledError("the attempt cancelled itself"))
    return running.result()


async def _run(link: Link, bound: BoundWorkflow, item: wire.Item, resources: Any, settings: Any) -> wire.Answer:
    with log_context(**item.names):
        try:
            row, attempt = wire.unpickled(item.payload, "the item")
            returned = await bound.bare(row, attempt, resources, settings)
            return wire.Answer(wire.pickled(returned, _named("the result", returned)), memory_in_use())
        except BaseException as error:  # noqa: BLE001 - SystemExit too is its item's error, and not the child's end
            return _raised(error)
        finally:
            if not link.is_ours:
                os._exit(0)


def _raised(error: BaseException) -> wire.Answer:
    ran_out = isinstance(error, MemoryError)
    if ran_out:
        open_reserve()
        traceback.clear_frames(error.__traceback__)  # what the plugin had in its hands when there was no more
    return wire.Answer(_pickled_error(error), memory_in_use(), raised=True, is_last=ran_out)


def _pickled_error(error: BaseException) -> bytes:
    """An exception with its traceback's text. One that can't be made again elsewhere becomes its type and its text."""
    trace = "".join(traceback.format_exception(error))
    what = _named("the exception", error)
    try:
        payload = wire.pickled((error, trace), what)
        if isinstance(wire.unpickled(payload, what)[0], type(error)):
            return payload
        why = f"{what} becomes something else when it is sent between processes"
    except NotSendable as refusal:
        why = str(refusal)
    return wire.pickled((NotSendable(f"{describe_error(error)}; {why}"), trace), "the error")


def _named(what: str, value: object) -> str:
    return f"{what} ({type(value).__name__})"
