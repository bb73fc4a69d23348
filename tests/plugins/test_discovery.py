"""What is found among the installed distributions, and what is left alone."""

import logging
import re
import sys

import pytest

from curation_core import Attempt
from curation_core.errors import PluginError
from curation_core.host import Host, PluginState, _loading

POINTS = "[curation_core.plugins]\n{} = {}.plugin\n"


def states(host):
    return {report.name: report.state for report in host.reports}


async def test_installed_plugins_are_found_bound_and_work_together(site):
    site.install("good", "watcher")

    host, reports = site.discover()

    assert {name: report.state for name, report in reports.items()} == {"good": "ok", "watcher": "ok"}
    assert reports["good"].hooks == ("declare_workflow", "lifespan", "process_item", "save_result", "on_error")
    assert reports["watcher"].hooks == ("around_item", "on_settled")
    good = host.workflows["good"]
    async with good.lifespan("settings", None) as resources:
        assert await good.process("x", Attempt(workflow="good", item="[1]"), resources, None) == (
            "x",
            "opened with settings",
        )


def test_a_plugin_that_only_observes_is_no_workflow(site):
    site.install("watcher")

    host, reports = site.discover()

    assert reports["watcher"].state is PluginState.OK
    assert host.workflows == {}
    assert host.observers.has_settled


def test_discovering_again_finds_what_is_new_and_reports_nothing_twice(site):
    site.install("good")
    host = Host(allow=["good", "watcher"])
    host.register_reference("watcher=good.plugin:declare_workflow")
    host.discover()
    host.discover()

    assert [report.name for report in host.reports if report.state is not PluginState.BLOCKED] == ["watcher", "good"]


# -- allow and deny -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("denied", ["watcher", "curation-watcher", "Curation_Watcher"])
def test_what_is_denied_by_plugin_or_distribution_is_never_imported(site, denied):
    site.install("good", "watcher")
    host = Host(allow=["good", "watcher"], deny=[denied])

    host.discover()

    assert states(host)["watcher"] is PluginState.BLOCKED
    assert next(report.fault for report in host.reports if report.name == "watcher") == "denied by `deny`"
    assert site.imported() == {"good"}


def test_what_is_not_allowed_is_never_imported(site):
    site.install("good", "watcher")
    host = Host(allow=["curation-good"])

    host.discover()

    assert states(host)["watcher"] is PluginState.BLOCKED
    assert next(report.fault for report in host.reports if report.name == "watcher") == "not in `allow`"
    assert site.imported() == {"good"}


def test_an_allowed_name_that_nothing_has_is_reported(site):
    site.install("good")
    host = Host(allow=["good", "goood"])

    host.discover()

    report = host.reports[-1]
    assert (report.name, report.state) == ("goood", PluginState.FAILED)
    assert report.fault == "allowed, but nothing installed has this name; did you mean 'good'?"
    assert report.remedy == "install its distribution, or correct `allow`"


def test_denying_one_of_two_with_the_same_name_lets_the_other_load(site):
    site.install("broken_duplicate_one", "broken_duplicate_two")
    host = Host(allow=["broken-duplicate"], deny=["curation-broken-duplicate-one"])

    host.discover()

    assert site.imported() == {"broken_duplicate_two"}
    assert list(host.workflows) == ["broken-duplicate"]


def test_a_plugin_made_for_another_core_is_not_even_imported(site):
    site.install("broken_requires_other_core")

    site.discover()

    assert site.imported() == set()


# -- distributions in disorder --------------------------------------------------------------------------------------


def test_a_distribution_without_metadata_whose_module_is_there_loads_as_unknown(site):
    site.install("good")
    (site.path / "curation_good-1.2.3.dist-info" / "METADATA").unlink()
    host = Host(allow=["good"])

    host.discover()

    [report] = [report for report in host.reports if report.name == "good"]
    assert (report.state, report.distribution, report.version) == (PluginState.OK, "?", "?")


def test_what_is_left_of_an_old_version_does_not_hide_the_installed_one(site):
    site.install("good")
    site.write("curation_good-1.0.dist-info", POINTS.format("good", "good"), "")

    _, reports = site.discover()

    assert (reports["good"].state, reports["good"].version) == (PluginState.OK, "1.2.3")


def test_of_two_copies_of_a_distribution_the_one_that_would_be_imported_counts(site, monkeypatch):
    site.install("good")
    site.write(
        "older/curation_good-0.9.dist-info", POINTS.format("good-of-old", "good"), "Name: curation-good\nVersion: 0.9\n"
    )
    monkeypatch.setattr(sys, "path", [*sys.path, str(site.path / "older")])

    host, reports = site.discover()

    assert set(reports) == {"good"}
    assert "good-of-old" not in states(host)


@pytest.mark.parametrize("text", [b"[console_scripts]\nno equals sign\n", b"\xff\xfe[curation_core.plugins]\n"])
def test_an_unreadable_file_of_a_strangers_distribution_stops_nobody(site, text):
    site.install("good")
    site.write("stranger-1.0.dist-info", "", "Name: stranger\nVersion: 1.0\n")
    (site.path / "stranger-1.0.dist-info" / "entry_points.txt").write_bytes(text)

    _, reports = site.discover()

    assert {name: report.state for name, report in reports.items()} == {"good": "ok"}


# -- loud ------------------------------------------------------------------------------------------------------------


def test_a_refused_plugin_is_logged_with_its_traceback(site, caplog):
    site.install("broken_import_error")

    with caplog.at_level(logging.ERROR, "curation_core.host"):
        _, reports = site.discover()

    [record] = caplog.records
    assert record.getMessage() == f"plugin refused: {reports['broken-import-error']}"
    assert isinstance(record.exc_info[1], KeyError)


def test_a_slow_import_is_warned_of(site, caplog, monkeypatch):
    site.install("good")
    monkeypatch.setattr(_loading, "SLOW_IMPORT", 0.0)

    with caplog.at_level(logging.WARNING, "curation_core.host"):
        site.discover()

    [record] = caplog.records
    assert re.fullmatch(
        r"plugin 'good' took \d\.\d s to import, with all that no plugin before it had imported; "
        r"it delays every start: import what is heavy in lifespan or process_item",
        record.getMessage(),
    )


def test_strictness_names_each_refused_plugin_and_its_remedy(site):
    site.install("good", "broken_misspelt_hook", "broken_exit")
    host, reports = site.discover()

    with pytest.raises(PluginError) as raised:
        host.require_all()

    first, *_ = str(raised.value).splitlines()
    assert first.startswith("2 of ")
    assert str(reports["broken-misspelt-hook"]) in str(raised.value)
    assert str(reports["broken-exit"]) in str(raised.value)


def test_strictness_has_nothing_against_what_is_blocked(site):
    site.install("good", "broken_exit")
    host = Host(allow=["good"])
    host.discover()

    host.require_all()

    assert states(host)["broken-exit"] is PluginState.BLOCKED


def test_ctrl_c_during_an_import_is_not_swallowed(site):
    site.install("good")
    (site.path / "good" / "plugin.py").write_text("raise KeyboardInterrupt\n")

    with pytest.raises(KeyboardInterrupt):
        site.discover()
