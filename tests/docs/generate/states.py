"""The roles and the transitions, as a table and as a diagram."""

import inspect
import re

from prose import documented, table

from curation_core import Role, States, Transition
from curation_core import states as module


def roles() -> str:
    said = dict(re.findall(r'^    (\w+) = "\w+"  # (.*)$', inspect.getsource(module), re.MULTILINE))
    return table(["role", "means"], [[f"`{role.value}`", said[role.name]] for role in Role])


def transitions() -> str:
    rows = [[f"`{each.name}`", each.source.value, each.target.value, each.cause] for each in Transition]
    return table(["transition", "from", "to", "because"], rows)


def diagram() -> str:
    merged: dict[tuple[str, str], list[str]] = {}
    for each in Transition:
        merged.setdefault((each.source.value, each.target.value), []).append(each.name)
    lines = [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in merged.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def words() -> str:
    return documented(States)


SECTIONS = {"roles": roles, "transitions": transitions, "diagram": diagram, "States": words}
