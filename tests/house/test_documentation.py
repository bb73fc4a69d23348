import doctest
from importlib import import_module
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "CONTRIBUTING.md", *ROOT.glob("plugins/*/README.md")])  # tests/docs follows the others
BLOCKS = Sybil([PythonCodeBlockParser(), SkipParser()])
SOURCES = [*ROOT.glob("curation_core/**/*.py"), *ROOT.glob("[pe]*/*/src/**/*.py")]


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[parts.index("src") + 1 :] if "src" in parts else parts).removesuffix(".__init__")


WITH_EXAMPLES = sorted(module_name(path) for path in SOURCES if ">>> " in path.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_python_block_of_the_page_runs(page):
    document = BLOCKS.parse(page)
    for example in document.examples():
        example.evaluate()


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_every_example_in_the_docstrings_holds(name):
    result = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.attempted
    assert result.failed == 0
