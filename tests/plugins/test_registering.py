"""Plugins that are at hand, without packaging."""

import pytest

from curation_core import hookimpl, hookspecs
from curation_core.host import Host, PluginReport, PluginState


class Pages:
    """A plugin as a class; ``workflow`` is set by the test."""

    workflow = None

    @hookimpl
    def declare_workflow(self):
        return self.workflow

    @hookimpl
    async def process_item(self, item):
        return item

    @staticmethod
    @hookimpl
    def on_error(error):
        return error

    @classmethod
    def helper(cls):
        return cls


@pytest.fixture
def pages(workflow):
    return type("PagesHere", (Pages,), {"workflow": workflow})


@pytest.mark.parametrize("instance", [False, True])
async def test_a_class_and_an_instance_are_the_same_plugin(pages, instance):
    host = Host()

    report = host.register(pages() if instance else pages, "pages")

    assert report.state is PluginState.OK
    assert report.hooks == ("declare_workflow", "process_item", "on_error")
    assert await host.workflows["pages"].process("x", None, None, None) == "x"
    assert host.reports == [report]


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("good.plugin", "good"),
        ("good.plugin:__name__.__class__", "good"),
        ("pages=good.plugin", "pages"),
        (" pages = good.plugin ", "pages"),
        ("fixture_tables", "fixture-tables"),
        ("fixture_tables:Base", "fixture-tables"),
    ],
)
def test_a_reference_names_its_plugin(site, reference, name):
    site.install("good")

    assert Host().register_reference(reference).name == name


def test_a_reference_loads_a_module_that_no_distribution_announces(site):
    site.install("good")
    host = Host()

    report = host.register_reference("pages=good.plugin")

    assert (report.state, report.value, report.distribution, report.version) == ("ok", "good.plugin", "?", "?")
    assert list(host.workflows) == ["pages"]


@pytest.mark.parametrize(
    ("reference", "fault"),
    [
        ("nowhere_to_be_found", "importing nowhere_to_be_found: No module named 'nowhere_to_be_found'"),
        ("good.plugin:Plugin", "good.plugin has no 'Plugin'"),
        ("a-b.py", "'a-b.py' is no reference"),
        ("pages=", "'' is no reference"),
    ],
)
def test_a_wrong_reference_is_reported_with_its_remedy(site, reference, fault):
    site.install("good")

    report = Host().register_reference(f"{'' if '=' in reference else 'pages='}{reference}")

    assert report.state is PluginState.FAILED
    assert report.fault == fault
    assert report.remedy


def test_a_denied_reference_is_not_imported(site):
    site.install("good")
    host = Host(deny=["good"])

    assert host.register_reference("good.plugin").state is PluginState.BLOCKED
    assert site.imported() == set()


def test_allow_is_about_what_is_discovered_not_about_what_is_registered(plugin):
    host = Host(allow=["other"])

    assert host.register(plugin(on_paused=lambda: None), "watcher").state is PluginState.OK


def test_a_name_that_is_taken_stays_with_its_first_holder(site, plugin):
    site.install("good")
    host = Host(allow=["good"])
    host.register(plugin(on_paused=lambda: None), "good")

    host.discover()

    _, second = [report for report in host.reports if report.name == "good"]
    assert second.state is PluginState.DUPLICATE
    assert second.fault == "the name 'good' is taken by made_by_a_test (? ?)"
    assert host.workflows == {}


def test_a_refused_plugin_leaves_nothing_behind_and_its_name_is_free(plugin, workflow):
    host = Host()
    broken = plugin(process_item=lambda item: item, on_settled=lambda outcome: outcome)
    broken.on_settled = hookimpl(lambda outcom: outcom)

    assert host.register(broken, "pages").state is PluginState.INVALID
    assert (host.workflows, host.observers.has_settled) == ({}, False)
    assert host.register(plugin(process_item=lambda item: item), "pages").state is PluginState.OK
    assert host.workflows["pages"].workflow is workflow


def test_a_plugin_of_another_table_of_the_same_name_in_another_schema_is_no_rival(plugin, workflow_of_schema):
    host = Host()

    def register(name, schema):
        return host.register(
            plugin(process_item=lambda: None, declare_workflow=lambda: workflow_of_schema(schema)), name
        )

    found = [register("one", None), register("two", "archive"), register("three", "public")]

    assert [report.state for report in found] == ["ok", "ok", "invalid"]
    assert found[2].fault == "plugin 'one' works the status column public.page.status already"


def test_an_unknown_hook_may_be_marked_optional_for_a_later_core(plugin):
    later = plugin(on_paused=lambda: None)
    later.on_archived = hookimpl(lambda item: item, optionalhook=True)

    report = Host().register(later, "watcher")

    assert (report.state, report.hooks) == (PluginState.OK, ("on_paused",))


def test_a_hook_may_have_another_name_with_specname(plugin):
    module = plugin()
    module.note_pause = hookimpl(lambda reason: reason, specname="on_paused")

    assert Host().register(module, "watcher").hooks == ("on_paused",)


def test_a_helper_that_resembles_a_hook_that_is_there_is_no_mistake(plugin):
    module = plugin(process_item=lambda item: item)
    exec("def process_items(items): return items", vars(module))  # noqa: S102 - a function that the module defines

    assert Host().register(module, "pages").state is PluginState.OK


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (
            PluginReport("pages", "x.plugin", "curation-x", "1.0", PluginState.OK, hooks=("on_paused", "on_settled")),
            "pages = x.plugin (curation-x 1.0) ok: on_paused, on_settled",
        ),
        (
            PluginReport("pages", "x.plugin", "curation-x", "1.0", PluginState.BLOCKED, "denied by `deny`"),
            "pages = x.plugin (curation-x 1.0) blocked: denied by `deny`",
        ),
        (
            PluginReport("pages", "x.plugin", "?", "?", PluginState.INVALID, "it is wrong", "mend it"),
            "pages = x.plugin (? ?) invalid: it is wrong\n  remedy: mend it",
        ),
    ],
)
def test_a_report_reads_in_a_line_or_two(report, expected):
    assert str(report) == expected


# -- what goes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["warn_on_impl", "warn_on_impl_args"])
def test_who_implements_what_goes_is_warned_with_what_to_do_and_loads(plugin, monkeypatch, mark):
    text = "on_paused and its reason go in 0.3: implement on_settled, whose outcome is then paused"
    going = DeprecationWarning(text)
    monkeypatch.setitem(
        hookspecs.on_paused.curation_core_spec, mark, going if mark == "warn_on_impl" else {"reason": going}
    )

    with pytest.warns(DeprecationWarning, match=text) as warned:
        report = Host().register(plugin(on_paused=lambda reason: None), "watcher")

    assert report.state is PluginState.OK, str(report)
    assert [warning.filename for warning in warned] == [__file__]  # where the author finds it


def test_who_takes_nothing_of_what_goes_is_not_warned(plugin, monkeypatch):
    going = {"reason": DeprecationWarning("its reason goes in 0.3")}
    monkeypatch.setitem(hookspecs.on_paused.curation_core_spec, "warn_on_impl_args", going)

    report = Host().register(plugin(on_paused=lambda workflow: None), "watcher")

    assert report.state is PluginState.OK, str(report)
