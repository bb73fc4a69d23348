"""Docstrings of Google's style as Markdown."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

HEADING = re.compile(r"^(Args|Attributes|Returns|Yields|Raises):$", re.MULTILINE)


def markdown(text: str) -> str:
    """Restructured text's double backticks and its references to names, as Markdown has them."""
    return text.replace("``", "`")


def signature(thing: Callable[..., Any], name: str) -> str:
    """A call as its author writes it: ``inspect`` puts annotations that are text into quotes."""
    shown = inspect.signature(thing)
    plain = [
        each if each.annotation is each.empty else each.replace(annotation=Verbatim(each.annotation))
        for each in shown.parameters.values()
        if each.name not in {"self", "cls"}
    ]
    returns = "" if shown.return_annotation in {shown.empty, None, "None"} else f" -> {shown.return_annotation}"
    return f"{name}{shown.replace(parameters=plain, return_annotation=shown.empty)}{returns}"


class Verbatim:
    """An annotation that is shown as it was written."""

    def __init__(self, written: str) -> None:
        self._written = written

    def __repr__(self) -> str:
        return self._written


def joined(text: str) -> str:
    """Lines put together to paragraphs."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text.strip()))


def documented(thing: object, *, with_arguments: bool = True) -> str:
    """The docstring of a function or class: its text, a list of its arguments, what it returns and raises."""
    doc = inspect.getdoc(thing) or ""
    first, *rest = HEADING.split(doc)
    pieces = [joined(first)]
    for heading, body in zip(rest[::2], rest[1::2], strict=True):
        indented, after = section(body)
        if heading in {"Args", "Attributes"} and with_arguments:
            pieces.append("\n".join(f"- `{name}`: {said}" for name, said in arguments(indented)))
        elif heading in {"Returns", "Yields"}:
            pieces.append(f"**{heading}** {lowered(joined(indented))}")
        elif heading == "Raises":
            pieces += [f"**Raises** `{name}`: {said}" for name, said in arguments(indented)]
        if after.strip():
            pieces.append(joined(after))
    return markdown("\n\n".join(piece for piece in pieces if piece))


def section(body: str) -> tuple[str, str]:
    """What is indented under a heading, and what follows it."""
    lines = body.strip("\n").splitlines()
    end = next((at for at, line in enumerate(lines) if line and not line.startswith(" ")), len(lines))
    return "\n".join(lines[:end]), "\n".join(lines[end:])


def arguments(indented: str) -> Iterator[tuple[str, str]]:
    """Each ``name: text`` of a section, continued by deeper lines."""
    for entry in re.split(r"\n(?=    \S)", f"\n{indented}"):
        if entry.strip():
            name, _, said = entry.strip().partition(":")
            yield name, joined(said)


def lowered(text: str) -> str:
    """A sentence that goes on where another word began it."""
    first = text.split(maxsplit=1)[0]
    return text if not first.isalpha() or not first.istitle() else text[0].lower() + text[1:]


def table(heading: list[str], rows: list[list[str]]) -> str:
    """A table of Markdown."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
