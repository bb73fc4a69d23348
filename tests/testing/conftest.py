"""Turns the suites of broken plugins around: the check that each is made for must fail, and no other."""

import sys
from pathlib import Path

import pytest

from curation_core.testing.conformance import patience

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))


def is_among(item, checks):
    checks = [checks] if isinstance(checks, str) else checks or ()
    return not {item.name.removeprefix("test_"), item.originalname.removeprefix("test_")}.isdisjoint(checks)


def must_fail(item):
    return is_among(item, getattr(item.cls, "fails", None))


def must_pass(item):
    return is_among(item, getattr(item.cls, "passes", None))


def must_be_spared(item):
    return is_among(item, getattr(item.cls, "spares", None))


def pytest_collection_modifyitems(config, items):
    alone = [item for item in items if getattr(item.cls, "alone", False)]
    left_out = [item for item in alone if not (must_fail(item) or must_be_spared(item) or must_pass(item))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    if must_fail(pyfuncitem):
        with pytest.raises(pytest.fail.Exception, match=pyfuncitem.cls.saying) as failed:
            yield
        assert "\nRemedy: " in str(failed.value)
        return True
    if must_be_spared(pyfuncitem):
        with pytest.raises(pytest.skip.Exception, match=f"^not before .* is well: .*{pyfuncitem.cls.saying}"):
            yield
        return True
    return (yield)


@pytest.fixture(autouse=True)
def _less_patience(request, monkeypatch):
    if longest := getattr(request.cls, "longest", 0):
        monkeypatch.setattr(patience, "LONGEST", longest)
