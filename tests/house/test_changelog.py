import re
import tomllib

NAME = re.compile(r"\+[a-z0-9][a-z0-9-]*\.(?P<kind>[a-z]+)\.md")


def fragments(root):
    return [path for path in sorted((root / "changelog.d").iterdir()) if path.name != "README.md"]


def test_every_fragment_is_named_by_its_subject_and_a_known_kind(root):
    kinds = {t["directory"] for t in tomllib.loads((root / "pyproject.toml").read_text())["tool"]["towncrier"]["type"]}
    named = {path.name: NAME.fullmatch(path.name) for path in fragments(root)}
    assert [name for name, match in named.items() if match is None or match["kind"] not in kinds] == []


def test_every_fragment_is_a_sentence_for_users_tagged_by_its_part(root):
    sentence = re.compile(r"`[\w.-]+`: [A-Z`].*\.", re.DOTALL)
    assert [path.name for path in fragments(root) if not sentence.fullmatch(path.read_text().strip())] == []


def test_the_changelog_has_a_place_for_releases(root):
    assert (root / "CHANGELOG.md").read_text().count("<!-- releases -->\n") == 1
