"""The states of a plugin, from the comments beside them."""

import inspect
import re

from prose import table

from curation_core.host import PluginState


def states() -> str:
    said = dict(re.findall(r'^    (\w+) = "\w+"  # (.*)$', inspect.getsource(PluginState), re.MULTILINE))
    return table(["word", "means"], [[f"`{state.value}`", said[state.name]] for state in PluginState])


SECTIONS = {"plugin states": states}
