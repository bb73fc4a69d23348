"""What of a place becomes which column: the table of WF2, row by row."""

from __future__ import annotations

from decimal import Decimal

import pytest

from curation_deep_scan.details import read_details
from curation_deep_scan.profiles import FULL, Profile
from curation_deep_scan.stub import place


def read(profile=Profile.CONTACT, language="en", **fields):
    details = read_details(place("ChIJ-cafe", **fields).body, profile, language)
    assert details is not None
    return details


def component(long, short, *types):
    return {"longText": long, "shortText": short, "types": list(types)}


def test_every_column_of_a_business_is_filled():
    assert read().columns == {
        "business_name": "Joe's Cafe",
        "full_address": "12 Main St, Austin, TX 78701, USA",
        "street_address": "12 Main Street",
        "city": "Austin",
        "state": "TX",
        "zip": "78701",
        "country": "US",
        "phone": "+1 512-555-0123",
        "website_url": "https://joes.example/",
        "rating": Decimal("4.4"),
        "reviews_count": 321,
        "price_text": "$$",
        "main_category": "cafe",
        "extra_categories": ["food", "point_of_interest", "establishment"],
        "latitude": Decimal("30.2671530"),
        "longitude": Decimal("-97.7430608"),
        "timezone": "America/Chicago",
        "monday_hours": "9:00 AM \u2013 5:00 PM",
        "tuesday_hours": "9:00 AM \u2013 5:00 PM",
        "wednesday_hours": "9:00 AM \u2013 5:00 PM",
        "thursday_hours": "9:00 AM \u2013 5:00 PM",
        "friday_hours": "9:00 AM \u2013 5:00 PM",
        "saturday_hours": "9:00 AM \u2013 5:00 PM",
        "sunday_hours": "Closed",
    }


def test_what_has_no_column_goes_into_the_json():
    assert read(movedPlaceId="ChIJ-next").facts == {
        "business_status": "OPERATIONAL",
        "moved_place_id": "ChIJ-next",
        "google_maps_uri": "https://maps.google.com/?cid=ChIJ-cafe",
        "utc_offset_minutes": -300,
    }


def test_what_google_does_not_have_is_none_in_every_column():
    details = read_details({"id": "ChIJ-cafe"}, Profile.FULL, "en")
    assert details is not None
    assert set(details.columns) == set(read().columns)
    assert {*details.columns.values(), *details.facts.values()} == {None}
    assert details.odd == ()


@pytest.mark.parametrize(
    ("components", "city"),
    [
        ([component("Queens", "Queens", "sublocality_level_1"), component("New York", "NY", "locality")], "New York"),
        ([component("Bath", "Bath", "postal_town"), component("Twerton", "T", "sublocality_level_1")], "Bath"),
        ([component("Brooklyn", "Brooklyn", "political", "sublocality_level_1")], "Brooklyn"),
        ([component("Travis County", "Travis", "administrative_area_level_2")], None),
        ([{"longText": ["x"], "types": ["locality"]}, {"types": "locality"}, {}], None),
    ],
)
def test_the_city_is_the_locality_or_what_stands_for_it(components, city):
    assert read(addressComponents=components).columns["city"] == city


@pytest.mark.parametrize(
    ("components", "street"),
    [
        ([component("Main Street", "Main St", "route")], "Main Street"),
        ([component("12", "12", "street_number")], None),
        ([component("Main Street", "Main St", "route"), component("12", "12", "street_number")], "12 Main Street"),
    ],
)
def test_a_street_has_a_name_and_perhaps_a_number(components, street):
    assert read(addressComponents=components).columns["street_address"] == street


def test_the_phone_is_the_international_one_or_else_the_national_one():
    assert read(internationalPhoneNumber=None).columns["phone"] == "(512) 555-0123"
    assert read(internationalPhoneNumber=None, nationalPhoneNumber=None).columns["phone"] is None


@pytest.mark.parametrize(
    ("level", "text"),
    [
        ("PRICE_LEVEL_FREE", "Free"),
        ("PRICE_LEVEL_INEXPENSIVE", "$"),
        ("PRICE_LEVEL_MODERATE", "$$"),
        ("PRICE_LEVEL_EXPENSIVE", "$$$"),
        ("PRICE_LEVEL_VERY_EXPENSIVE", "$$$$"),
        ("PRICE_LEVEL_UNSPECIFIED", None),
        (None, None),
    ],
)
def test_the_price_is_told_in_dollar_signs(level, text):
    assert read(priceLevel=level).columns["price_text"] == text


def test_without_a_primary_type_the_first_type_is_the_main_category():
    columns = read(primaryType=None, types=["bakery", "food"]).columns
    assert (columns["main_category"], columns["extra_categories"]) == ("bakery", ["food"])
    columns = read(primaryType="cafe", types=["food", "cafe"]).columns
    assert (columns["main_category"], columns["extra_categories"]) == ("cafe", ["food"])
    assert read(types=["cafe"]).columns["extra_categories"] is None


@pytest.mark.parametrize(
    ("minutes", "zone"),
    [(-480, "UTC-08:00"), (0, "UTC+00:00"), (330, "UTC+05:30"), (-210, "UTC-03:30"), (None, None), (9999, None)],
)
def test_without_a_time_zone_the_offset_stands_for_it(minutes, zone):
    assert read(timeZone=None, utcOffsetMinutes=minutes).columns["timezone"] == zone


def test_opening_hours_are_told_apart_by_their_day_whichever_comes_first():
    lines = [
        "Sunday: Open 24 hours",
        "Monday: 6:00\u202fAM\u2009\u2013\u200911:30\u202fAM, 1:00\u202f\u2013\u20095:00\u202fPM",
    ]
    columns = read(regularOpeningHours={"weekdayDescriptions": lines}).columns
    assert columns["sunday_hours"] == "Open 24 hours"
    assert columns["monday_hours"] == "6:00 AM \u2013 11:30 AM, 1:00 \u2013 5:00 PM"
    assert columns["tuesday_hours"] is None


def test_opening_hours_in_another_language_stay_whole():
    details = read(language="de", regularOpeningHours={"weekdayDescriptions": ["Montag: 09:00-17:00 Uhr"]})
    assert details.facts["weekday_descriptions"] == ["Montag: 09:00-17:00 Uhr"]
    assert "monday_hours" not in details.columns


@pytest.mark.parametrize("rating", [0, 5, 3.25, 4])
def test_a_rating_is_a_number_from_nothing_to_five(rating):
    assert read(rating=rating).columns["rating"] == Decimal(str(rating))


@pytest.mark.parametrize("rating", [-0.1, 5.01, 1e300, True, "4.4", [4.4]])
def test_what_is_no_rating_is_left_out_and_named(rating):
    details = read(rating=rating)
    assert details.columns["rating"] is None
    assert details.odd == ("rating",)


def test_an_offer_is_kept_in_the_json_under_the_full_profile():
    facts = read(Profile.FULL).facts
    assert facts["features"] == {
        "delivery": True,
        "dineIn": True,
        "servesCoffee": True,
        "servesBeer": False,
        "parkingOptions": {"freeStreetParking": True, "valetParking": False},
    }
    assert facts["editorial_summary"] == "Coffee, and a view of the river."


def test_a_refresh_reads_nothing_but_the_ids():
    details = read(Profile.REFRESH, movedPlaceId="ChIJ-next")
    assert details.columns == {}
    assert details.facts == {"moved_place_id": "ChIJ-next"}


@pytest.mark.parametrize("profile", Profile)
def test_a_mask_has_no_blank_no_star_and_no_field_twice(profile):
    fields = profile.mask.split(",")
    assert not set(" *") & set(profile.mask)
    assert sorted(fields) == sorted(set(fields))


def test_no_profile_asks_for_reviews_or_photos_and_the_refresh_for_nothing_that_costs():
    assert not {"reviews", "photos", "reviewSummary", "generativeSummary"} & {field.partition(".")[0] for field in FULL}
    assert Profile.REFRESH.mask == "id,movedPlaceId"
    assert set(Profile.CONTACT.mask.split(",")) < set(Profile.FULL.mask.split(","))
