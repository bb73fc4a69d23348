"""What the host is told."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import entry_points

import pytest
from pydantic import ValidationError

from curation_core import Role, Workflow
from curation_page_curation import plugin
from curation_page_curation.models import ContactPoint, HostSlot, Tables
from curation_page_curation.settings import PageCurationSettings

WORKFLOW = plugin.declare_workflow()


def test_the_host_finds_the_plugin_by_its_entry_point():
    (found,) = entry_points(group="curation_core.plugins", name="page-curation")
    assert found.load() is plugin


def test_the_workflow_works_the_public_applications_column_and_words():
    assert isinstance(WORKFLOW, Workflow)
    assert str(WORKFLOW.status_column) == "pages.page_processing_status"
    assert str(WORKFLOW.error_column) == "pages.page_processing_error"
    assert dict(WORKFLOW.states) == {
        Role.QUEUED: "Queued",
        Role.PROCESSING: "Processing",
        Role.COMPLETED: "Complete",
        Role.FAILED: "Error",
    }


def test_the_oldest_page_comes_first():
    assert [order.column.name for order in WORKFLOW.ordering] == ["updated_at", "id"]


def test_it_runs_as_hard_as_the_public_application_did():
    policy = WORKFLOW.defaults
    assert (policy.every, policy.batch_size, policy.max_instances) == (timedelta(minutes=1), 10, 1)


def test_it_brings_two_tables_along():
    assert set(WORKFLOW.owns) == {HostSlot, ContactPoint}


def test_the_models_map_no_more_of_other_peoples_tables_than_the_plugin_touches():
    assert {name: set(Tables.metadata.tables[name].columns.keys()) for name in ("pages", "contacts")} == {
        "pages": {
            *("id", "domain_id", "url", "updated_at", "page_processing_status", "page_processing_error"),
            *("title", "description", "h1", "canonical_url", "meta_robots", "has_schema_markup", "schema_types"),
            *("has_contact_form", "word_count", "outbound_links", "last_modified", "last_scan", "additional_json"),
            "contact_scrape_status",
        },
        "contacts": {
            *("id", "domain_id", "page_id", "email", "email_type", "has_gmail", "context", "source_url", "name"),
            "phone_number",
        },
    }


def test_without_settings_it_is_polite():
    settings = PageCurationSettings()
    assert (settings.gap_seconds, settings.max_crawl_delay_seconds, settings.robots_seconds) == (1, 30, 86_400)
    assert settings.allow_unverified_tls is False
    assert settings.fetch.dangerously_admit_networks == ()
    assert "+https://" in settings.fetch.user_agent
    assert settings.robots_name == "curation-page-curation"


def test_a_region_is_two_letters_that_a_country_has():
    assert PageCurationSettings(region="gb").region == "GB"
    with pytest.raises(ValidationError, match="no region 'UK'"):
        PageCurationSettings(region="UK")


@pytest.mark.parametrize("wrong", [{"gap_seconds": -1}, {"max_wait_seconds": 0}, {"gap": 1}, {"read_memory_mb": 1}])
def test_a_wrong_setting_is_an_error(wrong):
    with pytest.raises(ValidationError):
        PageCurationSettings.model_validate(wrong)
