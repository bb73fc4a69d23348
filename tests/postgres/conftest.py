"""Fixtures of the tests of the promise: a laboratory with a database of its own."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from lab.laboratory import Laboratory


@pytest.fixture
async def lab(database_url, eventually):
    """A database with the engine's schema and the usual tables."""
    laboratory = Laboratory(database_url, eventually, pooled=True)
    await laboratory.create()
    yield laboratory
    await laboratory.close()
