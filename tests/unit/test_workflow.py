from typing import Any

import pytest
from pydantic import BaseModel
from sqlalchemy import ForeignKey, String, func, join
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from curation_core import DeclarationError, Policy, Selection, States, Workflow

STATES = States(queued="Queued", processing="Processing", completed="Complete", failed="Error")


class Model(DeclarativeBase):
    pass


class Domain(Model):
    __tablename__ = "domains"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]


class Page(Model):
    __tablename__ = "pages"
    site: Mapped[str] = mapped_column(String, primary_key=True)
    path: Mapped[str] = mapped_column(String, primary_key=True)
    state: Mapped[str] = mapped_column("page_status")
    reason: Mapped[str | None] = mapped_column("page_error")
    curation: Mapped[str]
    rank: Mapped[int | None]
    domain_id: Mapped[int] = mapped_column(ForeignKey(Domain.id))
    domain: Mapped[Domain] = relationship()


def workflow(**parts: Any) -> Workflow:
    return Workflow(**{"status": Page.state, "states": STATES} | parts)


def test_the_status_column_says_which_model_and_table_are_worked():
    declared = workflow()
    assert declared.model is Page
    assert declared.table is Page.__table__
    assert declared.status_column.name == "page_status"


def test_a_composite_key_keeps_its_order():
    assert [column.name for column in workflow().key] == ["site", "path"]


def test_the_error_column_is_the_tables_own_name_and_may_be_absent():
    assert workflow(error=Page.reason).error_column.name == "page_error"
    assert workflow().error_column is None


def test_rows_may_be_ordered_by_columns_up_and_down():
    declared = workflow(order_by=(Page.rank.desc(), Page.curation, Page.path.asc()))
    assert [(o.column.name, o.descending) for o in declared.ordering] == [
        ("rank", True),
        ("curation", False),
        ("path", False),
    ]


def test_a_condition_may_look_at_any_column_of_the_rows_own_table():
    assert workflow(where=(Page.curation == "Selected") & Page.rank.is_not(None)).where is not None


def test_a_plugins_settings_are_a_pydantic_model():
    class Settings(BaseModel):
        region: str = "US"

    assert workflow(settings=Settings).settings is Settings


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"status": "state"}, "status must be a mapped column such as Page.status, got 'state'"),
        ({"status": Page.__table__.c.page_status}, "status must be a mapped column"),
        ({"status": Page.domain}, "Page.domain is not a plain column"),
        ({"states": {"queued": "Queued"}}, "states must be a States"),
        ({"defaults": {"batch_size": 20}}, r"defaults must be a Policy\(…\)"),
        ({"settings": dict}, "settings must be a pydantic model class"),
        ({"settings": Policy()}, "settings must be a pydantic model class"),
        ({"error": Domain.status}, "error names domains.status, which is not a column of pages"),
        ({"order_by": (Domain.id,)}, "order_by names domains.id, which is not a column of pages"),
        ({"order_by": (func.lower(Page.path),)}, "order_by takes columns"),
        ({"order_by": (Page.rank.nulls_last(),)}, "order_by takes columns"),
        ({"where": Domain.status == "ok"}, "where must look at pages alone, it also looks at domains"),
        ({"where": (Page.domain_id == Domain.id)}, "where must look at pages alone"),
        ({"where": True}, "where must be a condition such as"),
        ({"where": "curation = 'Selected'"}, "where must be a condition such as"),
    ],
)
def test_a_part_that_cannot_be_right_is_named(parts, message):
    with pytest.raises(DeclarationError, match=message):
        workflow(**parts)


def test_a_model_over_two_tables_is_refused():
    class Joined(Model):
        __table__ = join(Page.__table__, Domain.__table__)
        id = Domain.__table__.c.id
        domain_id = Page.__table__.c.domain_id
        page_status = Page.__table__.c.page_status
        domain_status = Domain.__table__.c.status

    with pytest.raises(DeclarationError, match="map it to one table"):
        Workflow(status=Joined.page_status, states=STATES)


def test_the_policy_is_each_workflows_own_default():
    assert workflow().defaults == Policy()


def test_a_workflow_is_declared_by_names_only():
    with pytest.raises(TypeError, match="positional"):
        Workflow(Page.state, STATES)


def test_a_selection_may_name_a_column_that_the_model_does_not_map():
    declared = workflow(selection=Selection(column="desk"))
    assert declared.decision_column.name == "desk"
    assert "desk" in declared.tables["table",]
    assert "desk" not in declared.table.columns


def test_a_selection_of_a_mapped_column_is_that_column():
    assert workflow(selection=Selection(column=Page.curation)).decision_column is Page.__table__.c.curation


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        (lambda: "curation", "selection must be a Selection"),
        (lambda: Selection(column=Page.state), "which holds the status"),
        (lambda: Selection(column="page_status"), "holds the status: a decision"),
        (lambda: Selection(column=Domain.status), "not a column of pages"),
        (lambda: Selection(column=""), "column must be a mapped column, or the name of one"),
        (lambda: Selection(column="desk", selects="Selected"), "selects must list the decisions"),
        (lambda: Selection(column="desk", eligible=("Error",)), "eligible must list roles"),
        (lambda: Selection(column="desk", withdrawn="Queued"), "withdrawn can't be 'Queued'"),
    ],
)
def test_a_selection_that_can_not_be_right_is_refused(selection, said):
    with pytest.raises(DeclarationError, match=said):
        workflow(selection=selection())
