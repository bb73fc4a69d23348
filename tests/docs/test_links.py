"""What one page says about another is there: the page, the heading, the file."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/README.md")])
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
TO_COME = {ROOT / "docs/explanation/performance.md"}
DECISIONS = sorted(ROOT.glob("docs/decisions/0*.md"))


def anchors(page):
    """The headings of a page, as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page):
    for path, anchor in LINK.findall(FENCE.sub("", page.read_text())):
        target = (page.parent / path).resolve() if path else page
        if target in TO_COME and not target.exists():
            continue
        assert target.exists(), f"{page.name} links to {path}"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {path}#{anchor}: {anchors(target)}"


def test_the_code_names_no_page_that_is_not_there():
    sources = [*ROOT.glob("curation_core/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py")]
    named = {page for source in sources for page in re.findall(r"docs/[\w/-]+\.md", source.read_text())}
    assert named
    assert [page for page in sorted(named) if not (ROOT / page).exists()] == []


def test_every_page_can_be_reached_from_the_list_of_pages():
    listed = (ROOT / "docs/README.md").read_text() + (ROOT / "docs/decisions/README.md").read_text()
    pages = [page for page in ROOT.glob("docs/**/*.md") if page.name != "README.md"]
    assert [page.name for page in pages if f"{page.name})" not in listed] == []


def test_the_decisions_are_numbered_without_a_gap():
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_what_it_is_about_what_was_decided_and_what_it_costs(page):
    text = page.read_text()
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert [part for part in ("**Context.**", "**Decided.**", "**It costs**") if part not in text] == []
