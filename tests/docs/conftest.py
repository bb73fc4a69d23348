"""Fixtures of the tests of the documentation."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from reading.reader import Reader
from reading.shells import Warm


@pytest.fixture(scope="session")
def warm():
    """Runs commands of `curation` quickly."""
    process = Warm()
    yield process
    process.stop()


@pytest.fixture
def reader(open_folder, warm, monkeypatch, request):
    """Somebody in an empty folder, with no database and no plugin."""
    monkeypatch.chdir(open_folder)
    monkeypatch.syspath_prepend(open_folder)
    before = set(sys.modules)
    environment = {name: text for name, text in os.environ.items() if not name.startswith("CURATION_")}
    environment |= {
        "CURATION_LOG__FORMAT": "text",  # what a terminal shows
        "CURATION_PG_HOME": os.environ["CURATION_PG_HOME"],
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    one = Reader(open_folder, environment, warm, request)
    yield one
    for name in set(sys.modules) - before:
        if str(open_folder) in (getattr(sys.modules[name], "__file__", None) or ""):
            del sys.modules[name]
