"""Compares the public interface with an older one: ``python tests/compatibility/interface.py OLDER``.

Public are the names of ``curation_core`` and ``curation_core.testing``, and the hooks with their parameters. What broke
is to be told by a fragment of the kind ``changed`` or ``removed`` that names it; ends with 1 where one is not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import griffe

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("curation_core", "curation_core.testing")
HOOKS = "curation_core.hookspecs"
TELLING = ("changed", "removed")
TAKEN_AWAY = {griffe.BreakageKind.OBJECT_REMOVED, griffe.BreakageKind.PARAMETER_REMOVED}
"""All that breaks a hook: an implementation takes the parameters that it wants, by name."""


def main(older: Path) -> int:
    """Print what broke.

    Args:
        older: A folder with the older ``curation_core``.

    Returns:
        The exit code: 1 if the changelog does not tell of something that broke.
    """
    broken = list(breakages(older, ROOT))
    untold = [breakage for breakage in broken if not is_told(breakage, ROOT / "changelog.d")]
    for breakage in broken:
        print(described(breakage) + ("" if breakage in untold else " (told in changelog.d)"))
    print(f"public interface: {len(broken)} breaking changes, {len(untold)} of them untold")
    if untold:
        print(f"take them back, or name each in a fragment: changelog.d/+subject.{'|'.join(TELLING)}.md")
    return int(bool(untold))


def breakages(older: Path, newer: Path) -> Iterator[griffe.Breakage]:
    """What an author's code may trip over when the newer one comes.

    Args:
        older: A folder with a ``curation_core``.
        newer: Another one.
    """
    old, new = loaded(older), loaded(newer)
    for package in PACKAGES:
        yield from griffe.find_breaking_changes(public_names(old, package), public_names(new, package))
    for breakage in griffe.find_breaking_changes(hooks(old), hooks(new)):
        if breakage.kind in TAKEN_AWAY:
            yield breakage


def is_told(breakage: griffe.Breakage, fragments: Path) -> bool:
    """Whether a fragment names what broke: ``Policy.every`` or ``on_error``; ``__init__`` by its class, ``Policy``."""
    path = breakage.obj.path.removesuffix(".__init__")
    parents = sorted((f"{each}." for each in (*PACKAGES, HOOKS)), key=len, reverse=True)
    name = next(path.removeprefix(parent) for parent in parents if path.startswith(parent))
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(word.search(path.read_text()) for kind in TELLING for path in fragments.glob(f"*.{kind}.md"))


def described(breakage: griffe.Breakage) -> str:
    """One line: what, how, from what to what."""
    old, new = (getattr(value, "name", value) for value in (breakage.old_value, breakage.new_value))
    return f"{breakage.obj.path}: {breakage.kind.value.lower()}: {old} -> {new} {breakage.details}".rstrip()


def loaded(root: Path) -> griffe.ModulesCollection:
    """The package that stands in a folder, read and never imported."""
    loader = griffe.GriffeLoader(search_paths=[root], allow_inspection=False)
    loader.load("curation_core", try_relative_path=False)
    loader.resolve_aliases(external=False)
    return loader.modules_collection


def public_names(modules: griffe.ModulesCollection, package: str) -> griffe.Module:
    """A module of nothing but the names that a package offers; empty where the package is not there."""
    view = griffe.Module(package)
    try:
        offered = modules[package].members
    except KeyError:
        return view
    for name, member in offered.items():
        if isinstance(member, griffe.Alias) and not member.runtime:  # imported for checkers, on first use for Python
            view.set_member(name, member.final_target)
    view.exports = list(view.members)
    return view


def hooks(modules: griffe.ModulesCollection) -> griffe.Module:
    """A module of nothing but the hooks."""
    view = griffe.Module(HOOKS)
    for name, member in modules[HOOKS].members.items():
        if isinstance(member, griffe.Function) and any("hookspec" in str(each.value) for each in member.decorators):
            view.set_member(name, member)
    view.exports = list(view.members)
    return view


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
