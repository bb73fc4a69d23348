import inspect
import re

import pytest

from curation_core import errors
from curation_core.errors import ConfigurationError, CurationError, UnknownWorkflow, did_you_mean

TREE = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, Exception) and kind is not CurationError
}


def test_the_tree_in_the_docstring_is_the_tree_in_the_code():
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__)
    assert sorted(drawn) == sorted(TREE)


@pytest.mark.parametrize("kind", TREE.values(), ids=TREE)
def test_every_error_is_caught_as_a_curation_error(kind):
    assert issubclass(kind, CurationError)


def test_configuration_problems_are_told_all_at_once():
    error = ConfigurationError(["curation.toml:3: no such key", "CURATION_EVERY: not a duration"])
    assert str(error).splitlines() == [
        "2 configuration errors:",
        "  curation.toml:3: no such key",
        "  CURATION_EVERY: not a duration",
    ]
    assert len(error.problems) == 2


def test_one_configuration_problem_is_not_spoken_of_as_many():
    assert str(ConfigurationError(["curation.toml:3: no such key"])).startswith("1 configuration error:")


def test_an_unknown_workflow_suggests_the_nearest_and_lists_all():
    error = UnknownWorkflow("deep-scam", ["page-curation", "deep-scan"])
    assert str(error) == ("no workflow 'deep-scam'; did you mean 'deep-scan'? (there are: deep-scan, page-curation)")
    assert error.name == "deep-scam"


def test_an_unknown_workflow_where_there_is_none_says_so():
    assert str(UnknownWorkflow("deep-scan", [])) == "no workflow 'deep-scan' (there are: none)"


def test_a_word_that_is_near_to_nothing_gets_no_suggestion():
    assert did_you_mean("zzz", ["process_item"]) == ""
