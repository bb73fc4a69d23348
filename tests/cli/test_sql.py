import asyncio
import re

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from curation_core._cli.exits import Exit

PAGES = ["--plugin", "pages"]


def statements(answer):
    """Each statement by its purpose."""
    parts = re.split(r"^-- (?!\$)(.+)\n", answer.out, flags=re.MULTILINE)[1:]
    return {purpose: text for purpose, text in zip(parts[::2], parts[1::2], strict=True) if text.strip()}


def test_without_a_database_the_statements_are_those_of_the_model(cli):
    answer = cli("sql", "pages", *PAGES)
    assert answer.code == Exit.WELL
    assert answer.out.startswith("-- no database is configured")
    found = statements(answer)
    assert "FOR NO KEY UPDATE SKIP LOCKED" in found["claim: the first values"]
    assert "LIMIT 5 " in found["claim: the first values"]
    assert "status = 'Queued'" in found["claim: the first values"]
    assert any("DELETE FROM curation.claim" in text for text in found.values())


def test_every_parameter_is_named_and_every_word_is_written_out(cli):
    answer = cli("sql", "pages", *PAGES)
    assert "POSTCOMPILE" not in answer.out
    for purpose, text in statements(answer).items():
        used = {int(number) for number in re.findall(r"\$(\d+)::", text)}
        names = re.search(r"\A-- (\$1 .*)$", text, re.MULTILINE)
        named = names[1].split(", ") if names else []
        assert used == set(range(1, len(named) + 1)), purpose


def test_with_a_database_the_statements_are_prepared_by_it(cli, database):
    found = statements(cli("sql", "pages", *PAGES))
    dsn = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)

    async def prepare():
        connection = await asyncpg.connect(dsn)
        try:
            return [await connection.prepare(text) for text in found.values()]
        finally:
            await connection.close()

    assert len(asyncio.run(prepare())) == len(found) > 10


@pytest.mark.parametrize("name", ["pags", "Pages"])
def test_a_workflow_that_is_not_loaded_has_no_statements(cli, name):
    assert cli("sql", name, *PAGES).code == Exit.USAGE
