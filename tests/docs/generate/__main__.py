"""Writes what stands between ``<!-- generated: NAME -->`` and ``<!-- /generated -->`` on the pages of the reference.

``python tests/docs/generate`` writes it. With ``--check`` it writes nothing, shows what would change, and ends with 1
if anything would.
"""

import difflib
import re
import sys
from pathlib import Path

import commands
import fixtures
import hooks
import outcomes
import plugin_states
import settings
import statements
import states

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"
SECTION = re.compile(r"<!-- generated: (?P<name>[^\n]+) -->\n.*?<!-- /generated -->", re.DOTALL)
MODULES = (commands, fixtures, hooks, outcomes, plugin_states, settings, statements, states)
MAKERS = {name: make for module in MODULES for name, make in module.SECTIONS.items()}


def section(found: re.Match[str]) -> str:
    name = found["name"]
    return f"<!-- generated: {name} -->\n\n{MAKERS[name]().strip()}\n\n<!-- /generated -->"


def main() -> int:
    pages = {page: page.read_text() for page in sorted(REFERENCE.glob("*.md"))}
    made = {page: SECTION.sub(section, text) for page, text in pages.items()}
    used = {found["name"] for text in pages.values() for found in SECTION.finditer(text)}
    missing = sorted(set(MAKERS) - used)
    for name in missing:
        print(f"on no page of the reference: <!-- generated: {name} -->")
    changed = [page for page in pages if pages[page] != made[page]]
    for page in changed:
        if "--check" in sys.argv:
            before, after = pages[page].splitlines(), made[page].splitlines()
            print(*difflib.unified_diff(before, after, page.name, "as the code has it", lineterm=""), sep="\n")
        else:
            page.write_text(made[page])
    return int(bool(missing or (changed and "--check" in sys.argv)))


if __name__ == "__main__":
    sys.exit(main())
