"""One folder and one expectation for each way of being wrong."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from curation_core.host import PluginState

FAILED, INVALID, INCOMPATIBLE = PluginState.FAILED, PluginState.INVALID, PluginState.INCOMPATIBLE
MARK = "put @hookimpl (from curation_core) above it"
PROCESS_MAY = "process_item may take: item, attempt, resources, settings"
RESULT = "that returns its value"


@dataclass(frozen=True)
class Wrong:
    """How one folder's plugin is to be listed. The fault is its beginning: what Python adds differs by version."""

    state: PluginState
    fault: str
    remedy: str
    name: str = ""
    distribution: str = ""
    version: str = "1.2.3"


EXPECTED = {
    # -- its metadata ----------------------------------------------------------------------------------------------
    "reference": Wrong(
        FAILED,
        "'1-not a module!' is no reference",
        'write broken-reference = "package.module" or "package.module:attribute"',
    ),
    "name": Wrong(
        INVALID,
        "'Broken_Name' can't name a workflow",
        "take a-z, 0-9 and dashes, a letter first: deep-scan",
        name="Broken_Name",
    ),
    "entry_points_file": Wrong(
        FAILED,
        "its entry_points.txt can't be read: TypeError: ",
        "reinstall curation-broken-entry-points-file",
        name="curation-broken-entry-points-file",
    ),
    "requires_other_core": Wrong(
        INCOMPATIBLE,
        f"it requires curation-core>=99, and {version('curation-core')} runs",
        f"install a curation-broken-requires-other-core made for curation-core {version('curation-core')}, "
        "or curation-core>=99",
    ),
    "requirement_unreadable": Wrong(
        INCOMPATIBLE,
        "its requirement 'curation-core (=1' can't be read",
        "correct the metadata of curation-broken-requirement-unreadable",
    ),
    "half_removed": Wrong(
        FAILED,
        "importing broken_half_removed.plugins: No module named 'broken_half_removed.plugins'",
        "correct the entry point broken-half-removed, or remove what is left of its distribution",
        distribution="?",
        version="?",
    ),
    # -- its import ------------------------------------------------------------------------------------------------
    "import_error": Wrong(
        FAILED,
        "importing broken_import_error.plugin raised KeyError: 'A_KEY_THAT_NOBODY_SET' (",
        "see the traceback with: python -c 'import broken_import_error.plugin'",
    ),
    "missing_dependency": Wrong(
        FAILED,
        "importing broken_missing_dependency.plugin: No module named 'a_module_that_nobody_has'",
        "install the distribution that has the module a_module_that_nobody_has",
    ),
    "missing_module": Wrong(
        FAILED,
        "importing broken_missing_module.plugins: No module named 'broken_missing_module.plugins'",
        "correct the entry point broken-missing-module, or reinstall curation-broken-missing-module",
    ),
    "missing_attribute": Wrong(
        FAILED,
        "broken_missing_attribute.plugin has no 'PagesPlugin'; did you mean 'PagePlugin'?",
        "correct the entry point broken-missing-attribute, or reinstall curation-broken-missing-attribute",
    ),
    "syntax": Wrong(
        FAILED,
        "importing broken_syntax.plugin raised SyntaxError: 'return' outside function (plugin.py, line 3)",
        "see the traceback with: python -c 'import broken_syntax.plugin'",
    ),
    "exit": Wrong(
        FAILED,
        "importing broken_exit.plugin called sys.exit(3)",
        "raise an exception from a hook instead",
    ),
    "declares_on_import": Wrong(
        INVALID,
        "importing broken_declares_on_import.plugin raised DeclarationError: Workflow: status must be a mapped column",
        "see the traceback with: python -c 'import broken_declares_on_import.plugin'",
    ),
    "hook_api": Wrong(
        INCOMPATIBLE,
        "__curation_api__ is 99: made for another version of the hooks; this core has 1",
        "install a plugin made for curation-core 0",
    ),
    # -- what its reference names ----------------------------------------------------------------------------------
    "function": Wrong(
        INVALID,
        "the reference names the function process_item",
        "name its module alone, or an instance of a class with the hooks",
    ),
    "class_needs_arguments": Wrong(
        INVALID,
        "the class Plugin can't be made without arguments: missing a required argument: 'key'",
        "give them defaults, or name an instance",
    ),
    "class_raises": Wrong(
        FAILED,
        "making a Plugin raised OSError: no model on this disk (broken_class_raises/plugin.py, line 7)",
        "mend its __init__, or name an instance",
    ),
    "inspection": Wrong(
        FAILED,
        "inspecting the plugin raised RuntimeError: not before it is configured (broken_inspection/plugin.py, line 7)",
        "reading its attributes must not raise",
    ),
    # -- which hooks it has ----------------------------------------------------------------------------------------
    "no_hook": Wrong(INVALID, "it implements no hook", "mark its functions with @hookimpl from curation_core"),
    "misspelt_hook": Wrong(
        INVALID,
        "unknown hook 'proces_item'; did you mean 'process_item'?",
        "rename it; the hooks are: declare_workflow, lifespan, process_item, save_result, on_error, around_item, "
        "on_claimed, on_settled, on_rescued, on_paused",
    ),
    "unmarked_hook": Wrong(INVALID, "process_item is not marked as a hook", MARK),
    "misspelt_and_unmarked": Wrong(
        INVALID,
        "the function on_errors looks like the hook on_error, misspelt and not marked",
        f"rename it to on_error and {MARK}, or call it _on_errors",
    ),
    "partial": Wrong(
        INVALID,
        "process_item is a partial, which pluggy does not take for a hook",
        f"write a function around it: `def process_item(…)`, and {MARK}",
    ),
    "property": Wrong(
        INVALID,
        "on_error is a property, which pluggy does not take for a hook",
        f"write a function around it: `def on_error(…)`, and {MARK}",
    ),
    "hook_twice": Wrong(INVALID, "it implements on_error twice (specname)", "remove one"),
    "no_process": Wrong(
        INVALID,
        "it implements declare_workflow but no process_item",
        "a workflow needs both; a plugin that only observes has neither",
    ),
    "no_declaration": Wrong(
        INVALID,
        "it implements process_item but no declare_workflow",
        "a workflow needs both; a plugin that only observes has neither",
    ),
    "save_alone": Wrong(
        INVALID,
        "it implements save_result but no declare_workflow and no process_item",
        "a workflow needs both; a plugin that only observes has neither",
    ),
    # -- the form of its hooks -------------------------------------------------------------------------------------
    "wrapper": Wrong(
        INVALID,
        "process_item is marked @hookimpl(wrapper=True)",
        "a pluggy wrapper ends before the work is awaited; implement around_item instead",
    ),
    "hookwrapper": Wrong(
        INVALID,
        "process_item is marked @hookimpl(hookwrapper=True)",
        "a pluggy wrapper ends before the work is awaited; implement around_item instead",
    ),
    "tryfirst": Wrong(
        INVALID,
        "process_item is marked @hookimpl(tryfirst=True)",
        "remove it: the order is that of the plugins' names",
    ),
    "trylast": Wrong(
        INVALID,
        "around_item is marked @hookimpl(trylast=True)",
        "remove it: the order is that of the plugins' names",
    ),
    "keyword_only": Wrong(INVALID, "process_item takes 'attempt' by keyword only", "remove the `*` before it"),
    "unknown_parameter": Wrong(
        INVALID, "process_item takes 'atempt', which does not exist; did you mean 'attempt'?", PROCESS_MAY
    ),
    "default": Wrong(
        INVALID,
        "process_item gives 'settings' a default, and the host always passes it",
        "write `settings` without one",
    ),
    "star_args": Wrong(INVALID, "process_item takes *args", f"name the parameters that it wants; {PROCESS_MAY}"),
    "double_star": Wrong(INVALID, "process_item takes **rest", f"name the parameters that it wants; {PROCESS_MAY}"),
    "missing_self": Wrong(
        INVALID, "the method process_item lacks `self`: it would get the plugin as 'item'", "put `self` first"
    ),
    "no_parameters_at_all": Wrong(INVALID, "the method process_item lacks `self`", "put `self` first"),
    "plain_save": Wrong(INVALID, "save_result is a `def`", f"make it a plain `async def` {RESULT}"),
    "plain_around": Wrong(INVALID, "around_item is a `def`", f"make it a plain `async def` {RESULT}"),
    "async_declaration": Wrong(INVALID, "declare_workflow is an `async def`", f"make it a plain `def` {RESULT}"),
    "async_on_error": Wrong(INVALID, "on_error is an `async def`", f"make it a plain `def` {RESULT}"),
    "async_observer": Wrong(INVALID, "on_settled is an `async def`", f"make it a plain `def` {RESULT}"),
    "async_generator": Wrong(
        INVALID, "process_item is an async generator", f"make it a plain `async def` or `def` {RESULT}"
    ),
    "generator": Wrong(INVALID, "process_item is a generator", f"make it a plain `async def` or `def` {RESULT}"),
    "bare_lifespan": Wrong(
        INVALID, "lifespan is an async generator", "put @asynccontextmanager between it and @hookimpl"
    ),
    "synchronous_lifespan": Wrong(
        INVALID,
        "lifespan is a synchronous context manager",
        "make it `async def` under contextlib.asynccontextmanager",
    ),
    # -- its declaration -------------------------------------------------------------------------------------------
    "declaration_raises": Wrong(
        FAILED,
        "declare_workflow raised LookupError: no such table in the catalogue (broken_declaration_raises/plugin.py, ",
        "mend the declaration",
    ),
    "declaration_wrong": Wrong(
        INVALID,
        "declare_workflow raised DeclarationError: Workflow: status must be a mapped column such as Page.status",
        "mend the declaration",
    ),
    "declaration_returns_nothing": Wrong(
        INVALID,
        "declare_workflow returned None, which is no Workflow",
        "return Workflow(status=…, states=…)",
    ),
    "shared_column": Wrong(
        INVALID,
        "plugin 'good' works the status column public.good_page.status already",
        "a status column has one workflow: give it its own, or deny one",
        name="worse-than-good",
    ),
}
WITH_THEIR_OWN_TEST = {"same_module", "duplicate_one", "duplicate_two"}


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_broken_plugin_is_listed_with_its_remedy_and_the_one_beside_it_loads(site, fault):
    expected = EXPECTED[fault]
    site.install("good", f"broken_{fault}")

    host, reports = site.discover()

    name = expected.name or f"broken-{fault.replace('_', '-')}"
    report = reports[name]
    assert report.state is expected.state
    assert report.fault.startswith(expected.fault)
    assert report.remedy.startswith(expected.remedy)
    assert report.distribution == (expected.distribution or f"curation-broken-{fault.replace('_', '-')}")
    assert report.version == expected.version
    for part in (report.name, report.value, report.distribution, report.version, report.fault, report.remedy):
        assert part in str(report)
    assert reports["good"].state is PluginState.OK
    assert list(host.workflows) == ["good"]


def test_each_broken_folder_has_its_expectation():
    folders = {folder.name.removeprefix("broken_") for folder in Path(__file__).parent.glob("broken_*")}

    assert folders == set(EXPECTED) | WITH_THEIR_OWN_TEST


def test_of_two_plugins_with_one_name_neither_is_imported_and_each_names_the_other(site):
    site.install("good", "broken_duplicate_one", "broken_duplicate_two")

    host, reports = site.discover()

    duplicates = {report.distribution: report for report in host.reports if report.name == "broken-duplicate"}
    assert {report.state for report in duplicates.values()} == {PluginState.DUPLICATE}
    one, two = duplicates["curation-broken-duplicate-one"], duplicates["curation-broken-duplicate-two"]
    assert "curation-broken-duplicate-two 1.2.3 (broken_duplicate_two.plugin)" in one.fault
    assert "curation-broken-duplicate-one 1.2.3 (broken_duplicate_one.plugin)" in two.fault
    assert "name its distribution in `deny`" in one.remedy
    assert site.imported() == {"good"}
    assert reports["good"].state is PluginState.OK


def test_of_two_entry_points_that_name_one_module_the_second_is_refused(site):
    site.install("broken_same_module")

    host, reports = site.discover()

    assert reports["broken-same-module"].state is PluginState.OK
    again = reports["broken-same-module-again"]
    assert again.state is PluginState.DUPLICATE
    assert again.fault == "it is the same object as plugin 'broken-same-module'"
    assert list(host.workflows) == ["broken-same-module"]
