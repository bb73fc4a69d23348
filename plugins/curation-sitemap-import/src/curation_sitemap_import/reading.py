"""From the bytes a server sent to the entries they hold: unpack, decode, tell what it is, read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation_sitemap_import.decoding import Decoder
from curation_sitemap_import.entries import Entry
from curation_sitemap_import.errors import SitemapError, StopCode
from curation_sitemap_import.text_reading import TextReader
from curation_sitemap_import.unpacking import Unpacker
from curation_sitemap_import.xml_reading import XmlReader

BLANKS = " \t\r\n\f\v\0\ufeff\xa0"  # what stands before sitemaps, byte order marks of joined files included
HTML_DOCTYPE = "<!doctype html"
NOTICE = re.compile(
    r"(?!<[!?])(?:<(?:br|b)\b|[^<\s]).{0,1000}?(?=<\?xml\s|<urlset\b|<sitemapindex\b)", re.DOTALL | re.IGNORECASE
)
"""What a program of the site's, most often PHP, complains of before its sitemap."""


class SitemapReader:
    """Reads one file, chunk by chunk, whatever it is: XML, a feed or a list, packed or not.

    Args:
        limit: The most bytes it may have, unpacked.
        charset: What the server said its encoding is, if it did.
    """

    def __init__(self, limit: int, charset: str | None = None) -> None:
        self._unpacker = Unpacker(limit)
        self._decoder = Decoder(charset)
        self._reader: XmlReader | TextReader | None = None

    @property
    def received(self) -> int:
        """Bytes that came in, packed as they were."""
        return self._unpacker.received

    @property
    def gzipped(self) -> bool:
        """Whether it is gzip."""
        return self._unpacker.gzipped

    @property
    def truncated(self) -> bool:
        """Whether the file breaks off. Known after `finish`."""
        return self._unpacker.truncated or (self._reader is not None and not self._reader.ended)

    def feed(self, chunk: bytes) -> Iterator[list[Entry]]:
        """Read the next chunk.

        Args:
            chunk: The next bytes, as they came.

        Yields:
            The entries of at most 64 KiB at a time, which take a few milliseconds.

        Raises:
            SitemapError: The file is no sitemap, or must not be read on.
        """
        for piece in self._unpacker.feed(chunk):
            yield self._read(self._decoder.decode(piece))

    def finish(self) -> Iterator[list[Entry]]:
        """Read what was held back.

        Raises:
            SitemapError: As `feed`; ``empty`` and ``bad_xml`` are known only here.
        """
        for piece in self._unpacker.finish():
            yield self._read(self._decoder.decode(piece))
        yield self._read(self._decoder.decode(b"", final=True), final=True)
        if self._reader is None:
            message = "it has no content"
            raise SitemapError(StopCode.EMPTY, message)

    def _read(self, text: str, *, final: bool = False) -> list[Entry]:
        if self._reader is None:
            text = text.lstrip(BLANKS)
            if not text:
                return []
            if notice := NOTICE.match(text):
                text = text[notice.end() :]
            if text[: len(HTML_DOCTYPE)].lower() == HTML_DOCTYPE:
                message = "it is a web page"
                raise SitemapError(StopCode.HTML, message)
            self._reader = XmlReader() if text.startswith("<") else TextReader()
        return self._reader.read(text, final=final)
