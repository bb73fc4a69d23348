"""What the host is told, and that it can be told so on real rows."""

from __future__ import annotations

import inspect
from datetime import timedelta
from importlib.metadata import entry_points

import sqlalchemy as sa

from curation_core import Role, Workflow
from curation_domain_extraction import models, plugin, websites
from curation_domain_extraction.settings import DomainExtractionSettings
from curation_domain_extraction.websites import Website

WORKFLOW = plugin.declare_workflow()


def test_the_host_finds_the_plugin_by_its_entry_point() -> None:
    (found,) = entry_points(group="curation_core.plugins", name="domain-extraction")
    assert found.load() is plugin


def test_the_workflow_works_the_public_application_s_column_and_words() -> None:
    assert isinstance(WORKFLOW, Workflow)
    assert str(WORKFLOW.status_column) == "local_businesses.domain_extraction_status"
    assert str(WORKFLOW.error_column) == "local_businesses.domain_extraction_error"
    assert dict(WORKFLOW.states) == {
        Role.QUEUED: "Queued",
        Role.PROCESSING: "Processing",
        Role.COMPLETED: "Completed",
        Role.FAILED: "Error",
    }


def test_the_oldest_row_comes_first() -> None:
    assert [(order.column.name, order.descending) for order in WORKFLOW.ordering] == [
        ("updated_at", False),
        ("id", False),
    ]


def test_it_runs_as_hard_as_the_public_application_did() -> None:
    policy = WORKFLOW.defaults
    assert (policy.every, policy.batch_size, policy.max_instances) == (timedelta(minutes=2), 20, 1)


async def test_an_item_is_processed_without_a_database() -> None:
    business = models.LocalBusiness(website_url="https://www.joes.com/")
    assert await plugin.process_item(business, DomainExtractionSettings()) == Website("joes.com", "joes.com", "own")


def test_the_models_map_no_more_than_the_plugin_touches() -> None:
    assert {name: set(table.columns.keys()) for name, table in models.Tables.metadata.tables.items()} == {
        "local_businesses": {
            *("id", "tenant_id", "website_url", "updated_at"),
            *("domain_extraction_status", "domain_extraction_error"),
        },
        "domains": {
            *("id", "tenant_id", "domain", "status", "local_business_id", "meta_json"),
            *("sitemap_curation_status", "sitemap_analysis_status"),
        },
    }


def test_the_plugin_module_holds_hooks_and_little_else() -> None:
    assert len(inspect.getsource(plugin).splitlines()) <= 40


def test_the_logic_knows_no_database() -> None:
    assert not [name for name, value in vars(websites).items() if getattr(value, "__module__", "") == sa.__name__]
