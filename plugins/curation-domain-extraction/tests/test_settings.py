"""A wrong setting is refused with the name that was meant."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from curation_domain_extraction.settings import DomainExtractionSettings


def test_an_unlisted_platform_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ValidationError, match=r"no platform 'linktre.ee' is listed; did you mean 'linktr.ee'\?"):
        DomainExtractionSettings(allow=frozenset({"linktre.ee"}))


@pytest.mark.parametrize("name", ["links; drop table domains", "Links", "a.b.c", "", '"links"'])
def test_a_link_table_must_be_a_plain_name(name: str) -> None:
    with pytest.raises(ValidationError, match="link_table"):
        DomainExtractionSettings(link_table=name)


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="alow"):
        DomainExtractionSettings.model_validate({"alow": []})


def test_an_address_is_no_aggregators_name() -> None:
    with pytest.raises(ValidationError, match="more_aggregators"):
        DomainExtractionSettings(more_aggregators=frozenset({"https://our-directory.com/"}))
