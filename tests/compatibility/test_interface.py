"""What `nox -s interface` finds where something public is taken away, and what it leaves alone."""

import shutil

import interface
import pytest

CLOCK = "    from curation_core.testing.clock import Clock as Clock\n"
BEFORE = {
    "policy.py": ("    batch_size: int", "    size: int"),
    "attempt.py": ("    idempotency_key: str", "    key: str"),
    "hookspecs.py": (
        "def on_claimed(workflow: str, items: int) -> None:",
        "def on_claimed(rows: int) -> None:",  # a hook that is given one thing more breaks nobody
    ),
    "outcomes.py": ("    reason: str\n", "    reason: str\n    former: int\n    _inner: int = 0\n"),
    "testing/clock.py": ("def advance(self, by", "def advance(self, how_far"),
    "testing/__init__.py": (CLOCK, CLOCK + "    from curation_core.testing.clock import CLOCK_BACK as CLOCK_BACK\n"),
    "_backoff.py": ("def ", "def former_"),
}
"""By module: what stands in it now, and what stood there in the version that this one is compared with."""

SINCE = {
    "curation_core.Policy.size",
    "curation_core.Attempt.key",
    "curation_core.Attempt.__init__",
    "curation_core.Skip.former",
    "curation_core.Skip.__init__",
    "curation_core.hookspecs.on_claimed",
    "curation_core.testing.CLOCK_BACK",
    "curation_core.testing.Clock.advance",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What broke since a version of the package in which some things were called otherwise."""
    older = tmp_path_factory.mktemp("older")
    shutil.copytree(interface.ROOT / "curation_core", older / "curation_core")
    for module, (now, before) in BEFORE.items():
        path = older / "curation_core" / module
        assert now in path.read_text()
        path.write_text(path.read_text().replace(now, before, 1))
    return list(interface.breakages(older, interface.ROOT))


def test_what_is_public_and_taken_away_is_found_and_nothing_else(found):
    assert {breakage.obj.path for breakage in found} == SINCE


def test_only_a_fragment_of_a_telling_kind_that_names_it_tells_of_a_breakage(found, tmp_path):
    [breakage] = [each for each in found if each.obj.name == "size"]
    (tmp_path / "+sizes.added.md").write_text("`settings`: The key `size` is called otherwise.")
    (tmp_path / "+names.changed.md").write_text("`settings`: A size is another.")
    assert not interface.is_told(breakage, tmp_path)

    (tmp_path / "+sizes.changed.md").write_text("`settings`: The key `Policy.size` is now called `batch_size`.")
    assert interface.is_told(breakage, tmp_path)


def test_a_breakage_is_told_with_its_name_and_its_kind(found):
    told = [interface.described(breakage) for breakage in found]

    assert "curation_core.testing.Clock.advance: parameter was removed: how_far -> None" in told
    assert "curation_core.Policy.size: public object was removed: size -> None" in told
