"""Every block of every page is run, and what it shows is compared with what happens."""

from pathlib import Path

import pytest
from reading.parts import parts, same

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = [ROOT / f"examples/{name}/README.md" for name in ("one_file", "existing_table", "thumbnails")]
PAGES = sorted([ROOT / "README.md", *EXAMPLES, *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_does_what_it_says(reader, page):
    reader.follow(page)


def test_the_plugin_of_the_readme_is_the_example():
    (shown,) = [part.text for part in parts(ROOT / "README.md") if part.file == "titles.py"]
    assert shown == (ROOT / "examples/one_file/titles.py").read_text()


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (["3 rows queued"], "2 rows queued\n"),
        (["titles  2  1"], "titles  2  1  0\n"),
        (["done"], "done\nand more\n"),
        (["first", "…"], "second\n"),
        (["the … is here"], "the word is there\n"),
    ],
)
def test_what_a_command_says_otherwise_is_told_from_what_is_shown(shown, said):
    assert not same(shown, said)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (["titles  2  1"], "titles      2   1\n"),
        (["…", "3 rows queued"], "No database is configured\n3 rows queued\n"),
        (["took … s", "", "done"], "took 0.2 s\ndone\n"),
        (["…"], ""),
    ],
)
def test_blanks_do_not_count_and_dots_stand_for_anything(shown, said):
    assert same(shown, said)
