"""Each hook of `curation_core.hookspecs`: its signature and its docstring."""

import inspect
from functools import partial

from prose import documented, signature

from curation_core import hookspecs

HOOKS = (*hookspecs.OWNER_HOOKS, *hookspecs.OBSERVER_HOOKS)


def section(name: str) -> str:
    hook = getattr(hookspecs, name)
    shown = f"{name}({', '.join(inspect.signature(hook).parameters)})"
    who = "the workflow's own plugin" if name in hookspecs.OWNER_HOOKS else "any plugin"
    needed = ", required" if name in hookspecs.REQUIRED_HOOKS else ""
    return f"### `{shown}`\n\n`{signature(hook, name)}`, implemented by {who}{needed}.\n\n{documented(hook)}"


SECTIONS = {f"hook {name}": partial(section, name) for name in HOOKS}
