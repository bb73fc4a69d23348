"""From the bytes a server sent to the bytes of the sitemap: unpacks gzip, however often it was applied.

Neither the content type nor the file's name is asked: both are wrong often enough. gzip says so itself.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from curation_sitemap_import.errors import SitemapError, StopCode

MAGIC = b"\x1f\x8b"
GZIP = 31  # zlib's window bits for a gzip header and its checksum
PIECE = 65_536  # bytes handed on at once: parsing that many takes a few milliseconds, so the event loop stays free
STEP = 16_384  # bytes taken in at once: how much a bomb unpacks to is compared with what was needed for it
MAX_LAYERS = 3  # twice packed is a known accident; more is a game
BOMB_RATIO = 200  # a sitemap of nearly equal lines packs 1:100 at best
BOMB_FLOOR = 10 * 2**20  # bytes; below it, a ratio proves nothing


class Unpacker:
    """Unpacks one file, piece by piece, in bounded memory.

    Args:
        limit: The most bytes that any layer may have, unpacked.

    Attributes:
        received: Bytes that came in.
    """

    def __init__(self, limit: int) -> None:
        self.received = 0
        self._limit = limit
        self._layers: list[_Layer] = []

    @property
    def gzipped(self) -> bool:
        """Whether the file is gzip."""
        return bool(self._layers) and self._layers[0].packed is True

    @property
    def truncated(self) -> bool:
        """Whether gzip ended early or broke off. Known after `finish`."""
        return any(layer.broken for layer in self._layers)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Unpack what the next chunk brings.

        Args:
            chunk: The next bytes, as many as there are.

        Yields:
            At most `PIECE` bytes at a time.

        Raises:
            SitemapError: ``too_large``, ``gzip_bomb``, or ``bad_gzip`` with nothing unpacked.
        """
        for part in _slices(chunk, STEP):
            self.received += len(part)
            yield from self._through(0, part)

    def finish(self) -> Iterator[bytes]:
        """Hand out what was held back, and see whether gzip came to its end."""
        for depth, layer in enumerate(tuple(self._layers)):
            if layer.packed is None:  # a single byte is no gzip
                layer.packed = False
                yield from self._through(depth, b"")
            layer.finish()

    def _through(self, depth: int, data: bytes) -> Iterator[bytes]:
        if depth == len(self._layers):
            self._layers.append(_Layer())
        layer = self._layers[depth]
        for piece in layer.unpack(data):
            self._require_sane(layer)
            if layer.packed and depth < MAX_LAYERS:
                yield from self._through(depth + 1, piece)
            else:
                yield piece

    def _require_sane(self, layer: _Layer) -> None:
        if layer.produced > BOMB_FLOOR and layer.produced > BOMB_RATIO * self.received:
            message = f"{self.received} bytes unpack to more than {layer.produced}"
            raise SitemapError(StopCode.GZIP_BOMB, message)
        if layer.produced > self._limit:
            message = f"it has more than {self._limit} bytes"
            raise SitemapError(StopCode.TOO_LARGE, message)


class _Layer:
    """One application of gzip, or none: decided by its first two bytes."""

    def __init__(self) -> None:
        self.packed: bool | None = None
        self.produced = 0
        self.broken = False
        self.held = b""
        self._member: zlib._Decompress | None = None  # none before the first, and between two

    def unpack(self, data: bytes) -> Iterator[bytes]:
        data, self.held = self.held + data, b""
        if self.packed is None:
            if len(data) < len(MAGIC):
                self.held = data
                return
            self.packed = data.startswith(MAGIC)
        for piece in self._inflate(data) if self.packed else _slices(data):
            self.produced += len(piece)
            yield piece

    def finish(self) -> None:
        self.broken = self.broken or self._member is not None
        if self.broken and not self.produced:
            message = "it begins like gzip and ends before any content"
            raise SitemapError(StopCode.BAD_GZIP, message)

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        piece = b""
        while (data or len(piece) == PIECE) and not self.broken:
            if self._member is None:
                if len(data) < len(MAGIC):
                    self.held = data
                    return
                if not data.startswith(MAGIC):
                    return  # padding behind the last member
                self._member = zlib.decompressobj(wbits=GZIP)
            try:
                piece = self._member.decompress(data, PIECE)
            except zlib.error as error:
                if not self.produced:
                    message = f"it begins like gzip and can't be unpacked ({error})"
                    raise SitemapError(StopCode.BAD_GZIP, message) from error
                self.broken = True
                return
            data = self._member.unconsumed_tail
            if self._member.eof:
                data, self._member = self._member.unused_data, None
            if piece:
                yield piece


def _slices(data: bytes, size: int = PIECE) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
