import json
from uuid import UUID, uuid4

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, String, Uuid
from sqlalchemy.types import UserDefinedType

from curation_core._cli.items import parse_item


class Own(UserDefinedType):
    """A type that SQLAlchemy knows no Python type of."""


NUMBER, TEXT, ID, OWN = Column("id", Integer), Column("slug", String), Column("uuid", Uuid), Column("own", Own)


@pytest.mark.parametrize(
    ("text", "key", "parts"),
    [
        ("42", [NUMBER], ["42"]),
        (" 42 ", [NUMBER], ["42"]),
        ("[42]", [NUMBER], ["42"]),
        ("-7", [NUMBER], ["-7"]),
        ("a,b", [TEXT], ["a,b"]),
        ("[draft", [TEXT], ["[draft"]),
        ('["[draft]"]', [TEXT], ["[draft]"]),
        ("eu,7", [TEXT, NUMBER], ["eu", "7"]),
        ("eu, 7", [TEXT, NUMBER], ["eu", "7"]),
        ('["a,b", 7]', [TEXT, NUMBER], ["a,b", "7"]),
        ("[123456789012345678901234567890]", [NUMBER], ["123456789012345678901234567890"]),
        ("[1.50]", [TEXT], ["1.50"]),
        ("[true]", [TEXT], ["true"]),
        ("{B1E28CB0-0000-4000-8000-000000000001}", [ID], ["b1e28cb0-0000-4000-8000-000000000001"]),
        ("anything", [OWN], ["anything"]),
    ],
)
def test_a_key_is_read_as_people_write_it(text, key, parts):
    assert json.loads(parse_item(text, key)) == parts


@pytest.mark.parametrize(
    ("text", "key", "complaint"),
    [
        ("x", [NUMBER], "'x' can't be the id of a row, which is of type INTEGER"),
        ("", [NUMBER], "'' can't be the id"),
        ("1.5", [NUMBER], "'1.5' can't be the id"),
        ("42", [ID], "'42' can't be the uuid of a row"),
        ("eu", [TEXT, NUMBER], r"'eu' has 1 of the 2 columns of the primary key \(slug,id\)"),
        ("eu,7,8", [TEXT, NUMBER], "has 3 of the 2 columns"),
        ("[1, 2]", [NUMBER], "has 2 of the 1 columns"),
        ("[null]", [NUMBER], "is not a JSON array of texts and numbers"),
        ("[[1]]", [NUMBER], "is not a JSON array of texts and numbers"),
    ],
)
def test_what_is_no_key_is_refused_with_the_reason(text, key, complaint):
    with pytest.raises(click.BadParameter, match=complaint):
        parse_item(text, key)


@given(st.text())
def test_any_text_can_be_a_key_of_one_column(text):
    assert json.loads(parse_item(json.dumps([text]), [TEXT])) == [text]


@given(st.integers(), st.uuids(), st.text())
def test_every_key_of_several_columns_can_be_written_as_json(number, identity, text):
    written = json.dumps([number, str(identity), text])
    read = json.loads(parse_item(written, [NUMBER, ID, TEXT]))
    assert (int(read[0]), UUID(read[1]), read[2]) == (number, identity, text)


@given(st.text())
def test_a_text_is_a_key_or_wrong_usage_but_never_breaks(text):
    for key in ([NUMBER], [TEXT, ID], [OWN, OWN, OWN]):
        try:
            read = json.loads(parse_item(text, key))
        except click.BadParameter:
            continue
        assert len(read) == len(key)


def test_a_uuid_comes_back_in_the_form_that_postgresql_writes():
    identity = uuid4()
    assert json.loads(parse_item(identity.hex.upper(), [ID])) == [str(identity)]
