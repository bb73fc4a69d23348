"""Reads the configuration in two steps: the plugins to load first, the rest once it is known what they declare."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, Self, cast

from pydantic import BaseModel

from curation_core.policy import Policy
from curation_core.settings.checks import build, merge, require_one_schedule
from curation_core.settings.file import Document, KeyPath, read_document
from curation_core.settings.keys import PREFIX, Catalogue, Key
from curation_core.settings.names import OTHERS, OWN, TableNames, add_names
from curation_core.settings.problems import Problem, configuration_error
from curation_core.settings.sections import (
    SECTIONS,
    DatabaseSettings,
    HostSettings,
    LogSettings,
    PluginSettings,
    Settings,
)
from curation_core.settings.sources import ELSEWHERE, Entry, Layer, from_command_line, from_environment, from_file

_WORKFLOWS: KeyPath = ("workflows",)
_OF_WORKFLOWS = f"{PREFIX}WORKFLOWS__"


class Declared(Protocol):
    """What the configuration must know of a workflow. A `Workflow` is one."""

    @property
    def defaults(self) -> Policy:
        """How hard it runs unless an operator says otherwise."""
        raise NotImplementedError

    @property
    def settings(self) -> type[BaseModel] | None:
        """The model of its own settings, if it has any."""
        raise NotImplementedError

    @property
    def tables(self) -> Mapping[KeyPath, Mapping[str, object]]:
        """The columns of each of its plugin's tables: its own under ``("table",)``, X under ``("tables", "X")``."""
        raise NotImplementedError


class Configuration:
    """What file, environment and command line say, read but not yet held against the workflows.

    It holds values as they were written, secrets among them, until `resolve` gives them away: it can be resolved
    once, and its repr shows none of them.
    """

    plugins: PluginSettings
    """Which plugins to load. Known first, since what they declare decides which other keys there are."""
    log: LogSettings
    """How to log while they are loaded."""

    def __init__(self, document: Document | None, environ: Mapping[str, str], overrides: Mapping[str, Any]) -> None:
        ours = {name: text for name, text in environ.items() if name.startswith(PREFIX)}
        catalogue = Catalogue()
        for name, model in SECTIONS.items():
            catalogue.add((name,), model)
        catalogue.tables.add(_WORKFLOWS)
        general = {name: text for name, text in ours.items() if not name.startswith(_OF_WORKFLOWS)}
        layers = [
            from_environment(general, catalogue, elsewhere=ELSEWHERE),
            from_command_line(overrides, catalogue),
        ]
        if document is not None:
            layers.insert(0, from_file(document, catalogue, ignored=[_WORKFLOWS]))
        self._document = document
        self._environ = {name: text for name, text in ours.items() if name.startswith(_OF_WORKFLOWS)}
        self._problems = [problem for layer in layers for problem in layer.problems]
        self._sections: dict[str, BaseModel] | None = {}
        for name, model in SECTIONS.items():
            entries = merge([layer.entries for layer in layers], (name,))
            section, problems = build(model, (name,), entries, catalogue)
            self._problems += problems
            if section is not None:
                self._sections[name] = section
        if any(_about_plugins(problem) for problem in self._problems):
            # Importing a plugin that somebody tried to deny can't be taken back.
            raise configuration_error(self._problems)
        self.plugins = cast("PluginSettings", self._sections["plugins"])
        self.log = cast("LogSettings", self._sections.get("log", LogSettings()))

    @classmethod
    def read(
        cls,
        config_path: str | os.PathLike[str] | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> Self:
        """Read the configuration. A later source wins: file, environment, command line.

        Args:
            config_path: The file; ``None`` takes ``CURATION_CONFIG``, else ``curation.toml`` in the current folder,
                else ``[tool.curation]`` in its ``pyproject.toml``, else none.
            environ: The environment; ``None`` takes the process's.
            overrides: What was set on the command line, by dotted key: ``{"database.url": …}``. ``None`` as a value
                means not set.

        Raises:
            ConfigurationError: The file can't be read, or it can't be told which plugins to load. Every other
                problem is kept for `resolve`, which tells them all at once.
        """
        environ = os.environ if environ is None else environ
        chosen, chosen_by = environ.get(f"{PREFIX}CONFIG") or None, f"{PREFIX}CONFIG"
        if config_path is not None:
            chosen, chosen_by = os.fspath(config_path), "--config"
        return cls(read_document(chosen, chosen_by), environ, overrides or {})

    def resolve(
        self,
        workflows: Mapping[str, Declared],
        *,
        failed: Collection[str] = (),
        needed: Collection[str] | None = None,
    ) -> Settings:
        """Hold everything against what the plugins declare.

        Args:
            workflows: The loaded workflows by name.
            failed: Plugins that are installed but were not loaded, wrong or denied: what is set for them is left out.
            needed: Workflows that will run here, so that a required key of theirs must be set; ``None``: all that
                are enabled. Reading commands need none.

        Raises:
            ConfigurationError: Something is wrong. It lists every problem of every source.
            RuntimeError: It was resolved before.
        """
        catalogue, layers = self._workflow_layers(workflows, failed)
        problems = [problem for layer in layers for problem in layer.problems]
        policies: dict[str, Policy] = {}
        plugin_settings: dict[str, BaseModel | None] = {}
        tables: dict[str, dict[KeyPath, TableNames]] = {}
        for name, workflow in workflows.items():
            table = (*_WORKFLOWS, name)
            entries = merge([_defaults(workflow, catalogue, table), *(layer.entries for layer in layers)], table)
            own = {path: entry for path, entry in entries.items() if path[:3] == (*table, "settings")}
            named = {path: entry for path, entry in entries.items() if path[2] in (*OWN, *OTHERS)}
            for which in {path[: 3 if path[2:3] == OWN else 4] for path in named}:
                here = {path: entry for path, entry in named.items() if path[: len(which)] == which}
                names, wrong = build(TableNames, which, here, catalogue)
                problems += wrong
                tables.setdefault(name, {})[which[len(table) :]] = names or TableNames()
            hard = {path: entry for path, entry in entries.items() if path not in own and path not in named}
            policy, wrong = build(Policy, table, hard, catalogue)
            problems += wrong
            policies[name] = policy or workflow.defaults
            plugin_settings[name] = None
            if workflow.settings is not None:
                complete = policies[name].enabled if needed is None else name in needed
                plugin_settings[name], wrong = build(
                    workflow.settings, (*table, "settings"), own, catalogue, complete=complete
                )
                problems += wrong
        general = self.resolve_general(problems)
        return replace(general, policies=policies, plugin_settings=plugin_settings, tables=tables)

    def resolve_general(self, further: Sequence[Problem] = ()) -> Settings:
        """The settings without those of workflows, for a command that loads no plugin.

        Args:
            further: Problems that were found elsewhere, to be told with the others.

        Raises:
            ConfigurationError: Something outside ``[workflows]`` is wrong, or something further.
            RuntimeError: It was resolved before.
        """
        if self._sections is None:
            message = "this configuration was resolved before, and has given its values away: read it anew"
            raise RuntimeError(message)
        sections, problems = self._sections, [*self._problems, *further]
        self._sections, self._document, self._environ = None, None, {}
        if problems:
            raise configuration_error(problems)
        return Settings(
            database=cast("DatabaseSettings", sections["database"]),
            host=cast("HostSettings", sections["host"]),
            plugins=self.plugins,
            log=self.log,
        )

    def _workflow_layers(
        self, workflows: Mapping[str, Declared], failed: Collection[str]
    ) -> tuple[Catalogue, list[Layer]]:
        catalogue = Catalogue()
        catalogue.tables.add(_WORKFLOWS)
        for name, workflow in workflows.items():
            catalogue.add((*_WORKFLOWS, name), Policy)
            if workflow.settings is not None:
                catalogue.add((*_WORKFLOWS, name, "settings"), workflow.settings)
            add_names(catalogue, (*_WORKFLOWS, name), workflow.tables)
        ignored = [(*_WORKFLOWS, name) for name in failed]
        layers = [from_environment(self._environ, catalogue, ignored=ignored, elsewhere=())]
        if self._document is not None:
            layers.insert(0, from_file(self._document, catalogue, at=_WORKFLOWS, ignored=ignored))
        for layer in layers:
            for name in workflows:
                require_one_schedule(layer, (*_WORKFLOWS, name))
        return catalogue, layers

    def __repr__(self) -> str:
        return f"<Configuration from {self._document.name if self._document else 'no file'}>"


def _about_plugins(problem: Problem) -> bool:
    # Misspelt ones too: [pluggins], CURATION_PLUGIN.
    return any(name.lower().removeprefix(PREFIX.lower()).startswith("plug") for name in (problem.key, problem.place))


def _defaults(workflow: Declared, catalogue: Catalogue, table: KeyPath) -> dict[KeyPath, Entry]:
    keys: dict[KeyPath, Key] = catalogue.keys
    paths = {name: (*table, name) for name in workflow.defaults.model_fields_set}
    place = "the plugin's own defaults"
    return {path: Entry(keys[path], getattr(workflow.defaults, name), place) for name, path in paths.items()}
