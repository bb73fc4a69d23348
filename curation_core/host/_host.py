"""The host: which plugins there are, and the calls that the engine gets of them."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import Any

import pluggy

from curation_core import hookspecs
from curation_core.errors import PluginError, did_you_mean
from curation_core.host._binding import BoundWorkflow, bind, narrowed
from curation_core.host._checking import check_hooks, declare, status_place
from curation_core.host._loading import instance_of, load
from curation_core.host._metadata import PluginEntry, canonical, installed_entries
from curation_core.host._observers import Observers
from curation_core.host._report import UNKNOWN, PluginReport, PluginState, Refused, refusing_errors
from curation_core.workflow import Workflow

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_logger = logging.getLogger("curation_core.host")


class Host:
    """Finds plugins, refuses those that are wrong, and binds the others.

    Register and discover first, then read `workflows` and `observers`: they are compiled when first read, and anew
    after a further registration. Nothing here awaits or touches a database.

    Args:
        allow: Names of entry points or distributions; if there are any, `discover` takes no other.
        deny: Names of entry points or distributions that are never imported. Wins over ``allow``.

    Attributes:
        reports: One for each plugin, taken or refused, in the order in which they were met.
    """

    def __init__(self, *, allow: Collection[str] = (), deny: Collection[str] = ()) -> None:
        self.reports: list[PluginReport] = []
        self._allow, self._deny = tuple(allow), tuple(deny)
        self._plugins = pluggy.PluginManager(hookspecs.PROJECT)
        self._plugins.add_hookspecs(hookspecs)
        self._declared: dict[str, Workflow] = {}
        self._bound: tuple[dict[str, BoundWorkflow], Observers] | None = None

    # -- registering ------------------------------------------------------------------------------------------------

    def discover(self) -> None:
        """Take every installed plugin of the entry point group ``curation_core.plugins``, by name.

        Of two with one name neither is imported. A name in ``allow`` that nothing has is reported as failed, so that
        a misspelt or uninstalled workflow is noticed; plugins registered before count.
        """
        entries = installed_entries()
        met = {(report.name, report.value, report.distribution) for report in self.reports}
        for entry in entries:
            if (entry.name, entry.value, entry.distribution) not in met:
                rivals = [other for other in entries if other.name == entry.name and other is not entry]
                self._admit(entry, partial(load, entry), [other for other in rivals if not self._blocked(other)])
        known = {report.name for report in self.reports} | {entry.distribution for entry in entries}
        for name in self._allow:
            if canonical(name) not in {canonical(other) for other in known}:
                fault = f"allowed, but nothing installed has this name{did_you_mean(name, list(known))}"
                remedy = "install its distribution, or correct `allow`"
                self._report(PluginReport(name, "", UNKNOWN, UNKNOWN, PluginState.FAILED, fault, remedy))

    def register(self, plugin: object, name: str) -> PluginReport:
        """Take a plugin that is at hand, without packaging.

        Args:
            plugin: A module, an instance, or a class to be made without arguments.
            name: The workflow's name.

        Returns:
            Its report, which is also in `reports`. A wrong plugin does not raise.
        """
        value = getattr(plugin, "__name__", None) or type(plugin).__qualname__
        return self._admit(PluginEntry(name, value), lambda: instance_of(plugin))

    def register_reference(self, reference: str) -> PluginReport:
        """Import a plugin that no distribution announces, and take it.

        Args:
            reference: ``package.module`` or ``package.module:attribute``, with ``name=`` before it for a workflow's
                name other than the module's (``my_package.plugin`` is called ``my-package``).

        Returns:
            Its report, which is also in `reports`. A wrong plugin does not raise.
        """
        name, equals, value = (part.strip() for part in reference.rpartition("="))
        if not equals:
            *packages, module = value.partition(":")[0].split(".")
            name = (packages[-1] if packages and module == "plugin" else module).replace("_", "-").lower()
        entry = PluginEntry(name, value)
        return self._admit(entry, partial(load, entry))

    def require_all(self) -> None:
        """Insist that every plugin that was met is loaded, or blocked on purpose.

        Raises:
            PluginError: With the report of each that is not.
        """
        refused = [report for report in self.reports if report.state not in (PluginState.OK, PluginState.BLOCKED)]
        if refused:
            message = "\n".join([f"{len(refused)} of {len(self.reports)} plugins are refused:", *map(str, refused)])
            raise PluginError(message)

    # -- what the engine gets ---------------------------------------------------------------------------------------

    @property
    def workflows(self) -> dict[str, BoundWorkflow]:
        """The workflows by name, each with its calls."""
        return self._compiled()[0]

    @property
    def observers(self) -> Observers:
        """Every plugin's observer hooks."""
        return self._compiled()[1]

    def _compiled(self) -> tuple[dict[str, BoundWorkflow], Observers]:
        if self._bound is None:
            own: dict[str, dict[str, pluggy.HookImpl]] = {}
            for hook in hookspecs.OWNER_HOOKS:
                for implementation in self._implementations(hook):
                    own.setdefault(implementation.plugin_name, {})[hook] = implementation
            watching: dict[str, list[tuple[str, Callable[..., Any]]]] = {
                hook: [(one.plugin_name, narrowed(hook, one)) for one in self._implementations(hook)]
                for hook in hookspecs.OBSERVER_HOOKS
            }
            around = watching.pop("around_item")
            reports = self._loaded()
            workflows = {
                name: bind(workflow, reports[name], own[name], around)
                for name, workflow in sorted(self._declared.items())
            }
            self._bound = workflows, Observers(watching)
        return self._bound

    def _loaded(self) -> dict[str, PluginReport]:
        return {report.name: report for report in self.reports if report.state is PluginState.OK}

    def _implementations(self, hook: str) -> list[pluggy.HookImpl]:
        """All implementations of a hook by plugin name: pluggy's own order is that of registration, backwards."""
        caller: pluggy.HookCaller = getattr(self._plugins.hook, hook)
        return sorted(caller.get_hookimpls(), key=attrgetter("plugin_name"))

    # -- admitting one ----------------------------------------------------------------------------------------------

    def _admit(
        self, entry: PluginEntry, obtain: Callable[[], object], rivals: Collection[PluginEntry] = ()
    ) -> PluginReport:
        started = time.perf_counter()
        report = PluginReport(entry.name, entry.value, entry.distribution, entry.version, PluginState.OK)
        cause: BaseException | None = None
        try:
            self._refuse_unseen(entry, rivals)
            with refusing_errors("inspecting the plugin", "reading its attributes must not raise"):
                report = replace(report, hooks=self._take(obtain(), entry.name))
        except Refused as refusal:
            report = replace(report, state=refusal.state, fault=refusal.fault, remedy=refusal.remedy)
            cause = refusal.__cause__
        return self._report(replace(report, seconds=time.perf_counter() - started), cause)

    def _report(self, report: PluginReport, cause: BaseException | None = None) -> PluginReport:
        self.reports.append(report)
        if report.state not in (PluginState.OK, PluginState.BLOCKED):
            _logger.error("plugin refused: %s", report, exc_info=cause)
        return report

    def _refuse_unseen(self, entry: PluginEntry, rivals: Collection[PluginEntry]) -> None:
        """Refuse a plugin for what can be known before a line of it runs."""
        if fault := self._blocked(entry):
            raise Refused(PluginState.BLOCKED, fault, "")
        if entry.fault:
            raise Refused(PluginState.FAILED, entry.fault, f"reinstall {entry.distribution}")
        if not _NAME.fullmatch(entry.name):
            fault = f"{entry.name!r} can't name a workflow"
            raise Refused(PluginState.INVALID, fault, "take a-z, 0-9 and dashes, a letter first: deep-scan")
        if rivals:
            others = ", ".join(f"{other.distribution} {other.version} ({other.value})" for other in rivals)
            fault = f"{others} has the name {entry.name!r} too; neither is imported"
            raise Refused(PluginState.DUPLICATE, fault, "uninstall one, or name its distribution in `deny`")
        if self._plugins.has_plugin(entry.name):
            taken = self._loaded()[entry.name]
            fault = f"the name {entry.name!r} is taken by {taken.value} ({taken.distribution} {taken.version})"
            raise Refused(
                PluginState.DUPLICATE, fault, "give it another name, or put the other's distribution in `deny`"
            )

    def _blocked(self, entry: PluginEntry) -> str:
        names = {entry.name, canonical(entry.distribution)}
        if not names.isdisjoint([*self._deny, *map(canonical, self._deny)]):
            return "denied by `deny`"
        if self._allow and entry.installed and names.isdisjoint([*self._allow, *map(canonical, self._allow)]):
            return "not in `allow`"
        return ""

    def _take(self, plugin: object, name: str) -> tuple[str, ...]:
        if other := self._plugins.get_name(plugin):
            fault = f"it is the same object as plugin {other!r}"
            raise Refused(PluginState.DUPLICATE, fault, "give each entry point a module or an instance of its own")
        hooks = check_hooks(plugin, name)
        workflow = declare(hooks["declare_workflow"]) if "declare_workflow" in hooks else None
        if workflow is not None:
            self._refuse_shared_column(workflow)
        try:
            self._plugins.register(plugin, name)
        except BaseException:
            self._plugins.unregister(name=name)  # pluggy 1.6 leaves the hooks that it had come to
            raise
        if workflow is not None:
            self._declared[name] = workflow
        self._bound = None
        return tuple(hooks)

    def _refuse_shared_column(self, workflow: Workflow) -> None:
        place = status_place(workflow)
        for name, other in self._declared.items():
            if status_place(other) == place:
                fault = f"plugin {name!r} works the status column {place} already"
                raise Refused(
                    PluginState.INVALID, fault, "a status column has one workflow: give it its own, or deny one"
                )
