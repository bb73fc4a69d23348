"""Find, check and bind plugins: what the engine gets is calls that are known to fit.

A plugin that is wrong is listed with its distribution, its version, what is wrong and the remedy, and the others run.
This isolates errors, not malice: a plugin is code with all the rights of the process that loads it.
"""

from curation_core.host._binding import BoundWorkflow
from curation_core.host._host import Host
from curation_core.host._metadata import core_version
from curation_core.host._observers import Observers
from curation_core.host._report import PluginReport, PluginState

__all__ = ["BoundWorkflow", "Host", "Observers", "PluginReport", "PluginState", "core_version"]
