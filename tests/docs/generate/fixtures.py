"""What `curation_core.testing` has for tests: fixtures, the harness, faults, the server, the conformance suite."""

import inspect
from functools import partial
from typing import Any

from prose import documented, signature, table

import curation_core.testing as kit
from curation_core.testing import faults, fixtures
from curation_core.testing.conformance import suite

CLASSES = ("Harness", "Clock", "Hold", "Faults", "LoopbackServer", "Answer", "Request", "EngineProcess", "Ran")
FAULTS = ("Raise", "Die", "Delay", "Cut")


def given() -> str:
    found = [(name, each) for name, each in vars(fixtures).items() if name.startswith("curation_")]
    rows = [
        [f"`{name}`", each._fixture_function_marker.scope, joined(documented(each._get_wrapped_function()))]  # noqa: SLF001 - pytest has no public name for it
        for name, each in found
    ]
    return table(["fixture", "for each", "what it is"], rows)


def joined(text: str) -> str:
    return " ".join(text.split())


def points() -> str:
    return documented_constant(faults, "POINTS")


def documented_constant(module: Any, name: str) -> str:
    """The text below an assignment."""
    source = inspect.getsource(module)
    text = source.partition(f"\n{name}")[2].partition('"""')[2].partition('"""')[0]
    return "\n\n".join(joined(paragraph) for paragraph in text.replace("``", "`").split("\n\n"))


def function(name: str) -> str:
    thing = getattr(kit, name)
    return f"`{signature(thing, name)}`\n\n{documented(thing)}"


def described(name: str) -> str:
    thing = getattr(kit, name)
    pieces = [f"### `{name}`", documented(thing)]
    for method, body in sorted(members(thing)):
        if isinstance(body, property):
            pieces.append(f"#### `{method}`\n\n{documented(body)}")
        else:
            call = body.__func__ if isinstance(body, classmethod) else body
            pieces.append(f"#### `{method}`\n\n`{signature(call, method)}`\n\n{documented(call)}")
    return "\n\n".join(pieces)


def members(thing: type) -> list[tuple[str, Any]]:
    own = [each for each in reversed(thing.__mro__) if each.__module__.startswith("curation_core.testing")]
    found = {name: body for each in own for name, body in vars(each).items() if not name.startswith("_")}
    return [(name, body) for name, body in found.items() if inspect.isroutine(body) or isinstance(body, property)]


def small_faults() -> str:
    return "\n\n".join(
        f"### `{signature(getattr(kit, name), name)}`\n\n{documented(getattr(kit, name))}" for name in FAULTS
    )


def checks() -> str:
    found = [(name, each) for name, each in vars(suite.Suite).items() if name.startswith("test_")]
    rows = [[f"`{name.removeprefix('test_')}`", joined(documented(each))] for name, each in found]
    return table(["check", "what must hold"], rows)


SECTIONS = {
    "fixtures": given,
    "fault points": points,
    "faults": small_faults,
    "checks": checks,
    **{f"testing {name}": partial(function, name) for name in ("run_item", "conformance_suite", "eventually")},
    **{f"testing {name}": partial(described, name) for name in CLASSES},
}
