"""What a page consists of: blocks to run, and comments that a reader does not see."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_GENERATED = re.compile(r"<!-- generated: .*?<!-- /generated -->", re.DOTALL)
_PART = re.compile(
    r"^```(?P<info>[^\n`]+)\n(?P<text>.*?)^```$|^<!-- (?P<word>[a-z]+): (?P<rest>.*?) -->$", re.DOTALL | re.MULTILINE
)
# Installed beside the page's own plugin, and kept out of its sight.
_OTHERS = re.compile(r"^\S+ = .* blocked: not in `allow`\n", re.MULTILINE)


@dataclass
class Part:
    """A block of a page, or a comment.

    ``language`` is that of the block, or the comment's first word in angle brackets; ``file`` what the block is saved
    as; ``line`` counts from 0.
    """

    language: str
    text: str
    file: str
    line: int


def parts(page: Path) -> Iterator[Part]:
    text = _GENERATED.sub(lambda found: "\n" * found[0].count("\n"), page.read_text())
    for found in _PART.finditer(text):
        line = text.count("\n", 0, found.start())
        if found["word"]:
            yield Part(f"<{found['word']}>", found["rest"], "", line)
        else:
            language, _, rest = found["info"].partition(" ")
            yield Part(language, found["text"], rest.removeprefix("file="), line)


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines that it is shown to say."""
    for piece in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *shown = re.sub(r" \\\n\s*", " ", piece).splitlines()
        yield command, shown


def same(shown: list[str], said: str) -> bool:
    """Whether a command said what the page shows.

    ``…`` stands for anything: alone on its line, for any lines. Blank lines and the width of columns do not count.
    """
    expected = "".join(_pattern(_squeezed(line)) for line in shown if line.strip())
    lines = [_squeezed(line) for line in _OTHERS.sub("", said).splitlines()]
    return re.fullmatch(expected, "".join(f"{line}\n" for line in lines if line)) is not None


def _pattern(line: str) -> str:
    if line == "…":
        return r"(?:[^\n]*\n)*?"
    return r"[^\n]*?".join(re.escape(part) for part in line.split("…")) + r"\n"


def _squeezed(line: str) -> str:
    return " ".join(line.split())
