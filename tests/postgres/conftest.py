"""Fixtures of the tests of the promise: a laboratory with a database of its own."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from lab.children import install_unruly
from lab.laboratory import Laboratory


@pytest.fixture
async def lab(database_url, eventually):
    """A database with the engine's schema and the usual tables."""
    laboratory = Laboratory(database_url, eventually, pooled=True)
    await laboratory.create()
    yield laboratory
    await laboratory.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A folder like site-packages, on the path, with the unruly plugin in it."""
    path = tmp_path_factory.mktemp("site")
    install_unruly(path)
    sys.path.insert(0, str(path))
    yield path
    sys.path.remove(str(path))


@pytest.fixture(scope="session")
def unruly(site):
    """The plugin whose items do what their rows say."""
    return import_module("unruly.plugin")


@pytest.fixture(scope="session")
def threaded(site):
    """The same with a plain ``def process_item``."""
    return import_module("unruly.threaded")
