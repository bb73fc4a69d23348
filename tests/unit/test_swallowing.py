# ruff: noqa: BLE001, S110 - what is wrong with these functions is what is tested
import asyncio
import contextlib
import logging

import pytest

from curation_core import Retry
from curation_core._swallowing import swallowed

logger = logging.getLogger(__name__)
WORK = dict.fromkeys(range(3), "a page")


async def returns_nothing(item):
    try:
        return WORK[item]
    except Exception:
        return ""


async def logs_it(item):
    result = None
    try:
        result = WORK[item]
    except:  # noqa: E722 - that is what is wrong with it
        logger.exception("no page")
    return result


def sets_a_default(item):
    try:
        found = WORK[item]
    except (KeyError, Exception):
        found = ["", {}]
    return found


def suppresses(item):
    with contextlib.suppress(Exception):
        return WORK[item]
    return None


def within_another(item):
    def inner():
        try:
            return WORK[item]
        except BaseException:
            pass

    return inner()


def catches_what_it_expects(item):
    try:
        return WORK[item]
    except KeyError:
        return ""


def decides(item):
    try:
        return WORK[item]
    except Exception as error:
        return Retry(reason=str(error))


def raises_another(item):
    try:
        return WORK[item]
    except Exception as error:
        raise LookupError("no page") from error


def keeps_it(item):
    errors = []
    try:
        return WORK[item]
    except Exception as error:
        errors.append(error)
    return errors


@pytest.mark.parametrize("wrong", [returns_nothing, logs_it, sets_a_default, suppresses, within_another])
def test_a_function_that_takes_every_error_for_a_success_is_found_with_its_line(wrong):
    with open(__file__) as lines:  # noqa: PTH123 - the line numbers are this file's
        text = lines.readlines()
    (line,) = swallowed(wrong)
    assert "except" in text[line - 1] or "suppress" in text[line - 1]


@pytest.mark.parametrize("right", [catches_what_it_expects, decides, raises_another, keeps_it, len, asyncio.sleep])
def test_a_function_that_does_something_about_its_errors_is_left_in_peace(right):
    assert list(swallowed(right)) == []
