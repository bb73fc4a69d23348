"""From bytes to text: byte order mark, then declaration, then the server's word, then UTF-8."""

from __future__ import annotations

import codecs
import re

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
UNMARKED = (  # where the zeros stand around the first character, which is ASCII (XML 1.0, appendix F)
    (re.compile(rb"[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[^\0]"), "utf-16-be"),
)
DECLARATION = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""")
HEAD = 1024  # bytes in which a declaration must stand
TEXT_ENCODINGS = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp125\d|cp(?:437|8[56]\d|874|932|949|950)|mac-\w+|koi8-\w|gb2312|gbk|gb18030|"
    r"big5|big5hkscs|shift_jis\w*|euc_\w+|iso2022_jp\w*|johab"
)
"""The standard library's encodings that contain ASCII, by their canonical names.

Its others are no text (zlib, idna), or were ruled out when the declaration could be read as ASCII (UTF-16, EBCDIC).
"""


class Decoder:
    """Decodes one file, chunk by chunk. Never fails: what does not fit becomes U+FFFD.

    In UTF-8 it becomes a lone surrogate instead, from which the cleaner knows the byte.

    Args:
        charset: What the server said, if it did.
    """

    def __init__(self, charset: str | None = None) -> None:
        self._charset = charset
        self._head = b""
        self._decoder: codecs.IncrementalDecoder | None = None

    def decode(self, data: bytes, *, final: bool = False) -> str:
        """The text of the next bytes.

        Args:
            data: The next bytes.
            final: Whether they are the last.

        Returns:
            Text; nothing while the encoding is still open.
        """
        if self._decoder is None:
            self._head += data
            if len(self._head) < HEAD and not final:
                return ""
            encoding, skip = encoding_of(self._head, self._charset)
            self._decoder = codecs.getincrementaldecoder(encoding)(
                "surrogateescape" if encoding == "utf-8" else "replace"
            )
            data, self._head = self._head[skip:], b""
        return self._decoder.decode(data, final)


def encoding_of(head: bytes, charset: str | None = None) -> tuple[str, int]:
    """Which encoding a file is in.

    Args:
        head: Its first bytes, `HEAD` of them if it has so many.
        charset: What the server said, if it did.

    Returns:
        The encoding, and how many bytes of a byte order mark to skip.

    >>> encoding_of(b'<?xml version="1.0" encoding="ISO-8859-1"?>')
    ('iso8859-1', 0)
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    for start, encoding in UNMARKED:
        if start.match(head):
            return encoding, 0
    declared = DECLARATION.match(head)
    names = (declared[1].decode() if declared else None, charset)
    known = (_text_encoding(name) for name in names if name)
    return next((encoding for encoding in known if encoding), "utf-8"), 0


def _text_encoding(name: str) -> str | None:
    try:
        canonical = codecs.lookup(name).name
    except LookupError:
        return None
    return canonical if TEXT_ENCODINGS.fullmatch(canonical) else None
