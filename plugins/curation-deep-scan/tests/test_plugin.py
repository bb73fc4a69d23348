"""What the host is told of the workflow."""

from __future__ import annotations

import inspect
from datetime import timedelta
from importlib.metadata import entry_points

import sqlalchemy as sa

from curation_core import Role
from curation_deep_scan import models, plugin, scanning

WORKFLOW = plugin.declare_workflow()


def test_the_host_finds_the_plugin_by_its_entry_point():
    (found,) = entry_points(group="curation_core.plugins", name="deep-scan")
    assert found.load() is plugin


def test_the_workflow_works_the_public_applications_column_and_words():
    assert str(WORKFLOW.status_column) == "places_staging.deep_scan_status"
    assert str(WORKFLOW.error_column) == "places_staging.deep_scan_error"
    assert dict(WORKFLOW.states) == {
        Role.QUEUED: "Queued",
        Role.PROCESSING: "Processing",
        Role.COMPLETED: "Completed",
        Role.FAILED: "Error",
    }


def test_the_place_that_waits_longest_comes_first():
    assert [order.column.name for order in WORKFLOW.ordering] == ["updated_at", "id"]


def test_it_runs_as_hard_as_the_public_application_did_and_tries_for_an_hour():
    policy = WORKFLOW.defaults
    assert (policy.every, policy.batch_size, policy.max_instances) == (timedelta(minutes=5), 10, 1)
    assert policy.max_attempts == 5
    assert [wait.total_seconds() / 60 for wait in policy.backoff] == [1, 5, 25]


def test_it_brings_its_own_two_tables_along():
    assert [table.name for table in WORKFLOW.owned_tables] == ["deep_scan_days", "deep_scan_content"]


def test_of_a_place_no_more_is_mapped_than_the_plugin_needs():
    assert set(models.Place.__table__.columns.keys()) == {
        *("id", "place_id", "tenant_id", "updated_at", "deep_scan_status", "deep_scan_error")
    }


def test_of_a_business_nothing_is_mapped_that_the_plugin_must_not_touch():
    mapped = set(models.LocalBusiness.__table__.columns.keys())
    assert not mapped & {"created_at", "updated_at", "domain_extraction_status", "domain_extraction_error", "image_url"}


def test_the_plugin_module_holds_hooks_and_little_else():
    assert len(inspect.getsource(plugin).splitlines()) <= 40


def test_the_logic_knows_no_database():
    assert not [name for name, value in vars(scanning).items() if getattr(value, "__module__", "") == sa.__name__]
