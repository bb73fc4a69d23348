"""Fixtures of the tests among what `nox -s chaos` is made of."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from havoc.ours import Ours
from havoc.server import Database
from havoc.trial import make_tables


@pytest.fixture
async def database(database_url):
    """A database with the tables of a trial, and nothing in them."""
    database = Database(database_url)
    await make_tables(Ours(), database)
    return database
