"""``CURATION_TEST_DATABASE_URL``: a server on TCP, a password, an account that may make databases and no more."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import URL

from curation_core import EmbeddedPostgres

SUITE = Path(__file__).resolve().parents[2] / "examples/one_file/tests/test_conformance.py"
SECRET = "p@ss:w/ord %41?#"  # noqa: S105 - of a server that ends with the test
ACCESS = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


@pytest.fixture
def server(open_folder):
    """Its URL, as a CI gives it, and one for the superuser."""
    access = open_folder / "pg_hba.conf"
    access.write_text(ACCESS)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"listen_addresses": "127.0.0.1", "port": port, "hba_file": str(access), "max_connections": 200}
    with EmbeddedPostgres.throwaway(settings) as server:
        asyncio.run(answered(server.dsn, f"CREATE ROLE ci LOGIN CREATEDB PASSWORD '{SECRET}'"))
        url = URL.create("postgresql", "ci", SECRET, "127.0.0.1", port, "postgres")
        yield url.render_as_string(hide_password=False), server.dsn


async def answered(url, statement):
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(statement)]
    finally:
        await connection.close()


def test_a_suite_runs_on_a_server_with_a_password_and_leaves_nothing_there(server, tmp_path):
    url, superuser = server
    databases = "SELECT datname FROM pg_database ORDER BY 1"
    before = asyncio.run(answered(superuser, databases))
    nowhere = {"CURATION_PG_BIN": str(tmp_path), "PGPASSWORD": "", "CURATION_TEST_DATABASE_URL": url}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "end or crash or settle or secret", str(SUITE)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | nowhere,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "7 passed" in ran.stdout
    assert asyncio.run(answered(superuser, databases)) == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("p%40ss", "wrong"), 'does not answer: InvalidPasswordError: password authentication failed for user "ci"'),
        (("/postgres", "/nowhere"), 'InvalidCatalogNameError: database "nowhere" does not exist'),
        (("%2F", "/"), "CURATION_TEST_DATABASE_URL should be postgresql://user@host:port/name"),
    ],
)
def test_what_goes_wrong_there_is_told_without_the_password(server, change, told):
    url, _ = server
    wrong = url.replace(*change)
    assert wrong != url
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "comes_to_its_end", str(SUITE)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"CURATION_TEST_DATABASE_URL": wrong},
    )
    said = ran.stdout + ran.stderr
    assert ran.returncode == 1, said
    assert told in said
    assert "ord %" not in said
    assert "w%2Ford" not in said
