"""How curation is configured: ``curation.toml``, the environment, the command line."""

from curation_core.settings.configuration import Configuration as Configuration
from curation_core.settings.configuration import Declared as Declared
from curation_core.settings.names import TableNames as TableNames
from curation_core.settings.sections import DatabaseSettings as DatabaseSettings
from curation_core.settings.sections import HostSettings as HostSettings
from curation_core.settings.sections import LogSettings as LogSettings
from curation_core.settings.sections import PluginSettings as PluginSettings
from curation_core.settings.sections import Settings as Settings
from curation_core.settings.sources import ELSEWHERE as ELSEWHERE

__all__ = [
    "ELSEWHERE",
    "Configuration",
    "DatabaseSettings",
    "Declared",
    "HostSettings",
    "LogSettings",
    "PluginSettings",
    "Settings",
    "TableNames",
]
