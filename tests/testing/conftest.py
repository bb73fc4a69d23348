"""Turns the suites of broken plugins around: the check that each is made for must fail, and no other."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))


def must_fail(item):
    check = getattr(item.cls, "fails", None)
    checks = [check] if isinstance(check, str) else check or ()
    return not {item.name.removeprefix("test_"), item.originalname.removeprefix("test_")}.isdisjoint(checks)


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if getattr(item.cls, "alone", False) and not must_fail(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    if not must_fail(pyfuncitem):
        return (yield)
    with pytest.raises(pytest.fail.Exception, match=pyfuncitem.cls.saying) as failed:
        yield
    assert "\nRemedy: " in str(failed.value)
    return True
