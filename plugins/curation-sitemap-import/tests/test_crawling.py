"""Indexes lead to files, within bounds and without circles."""

from __future__ import annotations

import pytest
from aiohttp import web

from curation_core import Done, Fail, Retry

ONE_PAGE = "<urlset><url><loc>{base}/page</loc></url></urlset>"


def index(*locations: str) -> str:
    return "<sitemapindex>" + "".join(f"<sitemap><loc>{each}</loc></sitemap>" for each in locations) + "</sitemapindex>"


def pages(*paths: str) -> str:
    return "<urlset>" + "".join(f"<url><loc>{path}</loc></url>" for path in paths) + "</urlset>"


def kept(outcome) -> list[str]:
    return sorted(url for block in outcome.result.pages.blocks() for url in block.urls)


async def test_an_index_of_indexes_is_followed_three_deep_and_no_deeper(site, run_item):
    site.files |= {
        "/0.xml": index("/1.xml", "/a.xml"),
        "/1.xml": index("/2.xml"),
        "/2.xml": index("/3.xml", "/3i.xml"),
        "/3.xml": pages("/deep"),
        "/3i.xml": index("/4.xml"),
        "/4.xml": pages("/deeper"),
        "/a.xml": pages("/flat"),
    }
    outcome = await run_item(site.url("/0.xml"))
    assert isinstance(outcome, Done)
    assert kept(outcome) == [site.url("/deep"), site.url("/flat")]
    assert outcome.note == "partial: too_deep"
    assert "/4.xml" not in site.asked
    assert outcome.result.children == 5


async def test_indexes_without_end_fail_by_name(site, run_item):
    async def deeper(request: web.Request) -> web.Response:
        return web.Response(text=index(f"/{int(request.path.strip('/') or 0) + 1}"))

    site.files |= {f"/{n}": deeper for n in range(10)}
    outcome = await run_item(site.url("/0"))
    assert isinstance(outcome, Fail)
    assert outcome.reason.startswith("too_deep: ")
    assert site.asked == ["/0", "/1", "/2", "/3"]


async def test_a_circle_ends_and_every_file_is_read_once(site, run_item):
    site.files |= {
        "/0.xml": index("/0.xml", "/0.xml#again", "{base}/1.xml", "/1.xml", "//{base}/x"),
        "/1.xml": index("/0.xml", "/1.xml", "/2.xml"),
        "/2.xml": ONE_PAGE,
    }
    outcome = await run_item(site.url("/0.xml"))
    assert site.asked == ["/0.xml", "/1.xml", "/2.xml"]
    assert outcome.result.pages.count == 1


async def test_a_circle_through_redirects_ends(site, run_item):
    moved = web.Response(status=301, headers={"Location": "/0.xml"})
    site.files |= {
        "/old.xml": moved,
        "/older.xml": moved,
        "/0.xml": index("/older.xml", "/old.xml", "/1.xml"),
        "/1.xml": ONE_PAGE,
    }
    outcome = await run_item(site.url("/old.xml"))
    assert isinstance(outcome, Done)
    assert outcome.result.pages.count == 1
    assert site.asked.count("/1.xml") == 1


async def test_relative_locations_are_relative_to_where_the_file_was_found(site, run_item):
    site.files |= {
        "/s.xml": web.Response(status=302, headers={"Location": "/maps/s.xml"}),
        "/maps/s.xml": index("child.xml"),
        "/maps/child.xml": pages("page", "../root"),
    }
    outcome = await run_item(site.url("/s.xml"))
    assert kept(outcome) == [site.url("/maps/page"), site.url("/root")]


async def test_children_of_another_domain_are_counted_and_not_read(site, new_site, run_item):
    other = await new_site("127.0.0.2")
    other.files["/x.xml"] = ONE_PAGE
    site.files |= {"/s.xml": index(other.url("/x.xml"), "/1.xml"), "/1.xml": ONE_PAGE}
    outcome = await run_item(site.url("/s.xml"))
    assert isinstance(outcome, Done)
    assert (outcome.result.pages.count, outcome.note) == (1, "passed over: foreign_sitemap")
    assert other.asked == []


async def test_a_child_that_redirects_to_another_domain_is_not_read(site, new_site, run_item):
    other = await new_site("127.0.0.2")
    other.files["/x.xml"] = ONE_PAGE
    site.files |= {
        "/s.xml": index("/1.xml"),
        "/1.xml": web.Response(status=302, headers={"Location": other.url("/x.xml")}),
    }
    outcome = await run_item(site.url("/s.xml"))
    assert (outcome.result.pages.count, outcome.note) == (0, "empty_sitemap; passed over: foreign_sitemap")


async def test_children_of_another_domain_are_read_where_the_setting_says_so(site, new_site, run_item):
    other = await new_site("127.0.0.2")
    other.files["/x.xml"] = ONE_PAGE
    site.files["/s.xml"] = index(other.url("/x.xml"))
    outcome = await run_item(site.url("/s.xml"), follow_foreign_sitemaps=True)
    assert kept(outcome) == [other.url("/page")]


async def test_the_domain_a_sitemap_redirects_to_is_not_foreign(site, new_site, run_item):
    other = await new_site("127.0.0.2")
    other.files |= {"/s.xml": index("/1.xml", site.url("/2.xml")), "/1.xml": pages("/a")}
    site.files |= {
        "/s.xml": web.Response(status=301, headers={"Location": other.url("/s.xml")}),
        "/2.xml": pages("/b"),
    }
    outcome = await run_item(site.url("/s.xml"))
    assert kept(outcome) == sorted([site.url("/b"), other.url("/a")])


async def test_pages_of_another_domain_are_kept_since_sitemaps_often_live_elsewhere(site, run_item):
    site.files["/s.xml"] = pages("https://www.example.com/contact", "/here")
    outcome = await run_item(site.url("/s.xml"))
    assert kept(outcome) == sorted(["https://www.example.com/contact", site.url("/here")])


async def test_more_children_than_allowed_are_left_out_with_a_note(site, run_item):
    site.files["/s.xml"] = index(*(f"/{n}.xml" for n in range(5)))
    site.files |= {f"/{n}.xml": pages(f"/{n}") for n in range(5)}
    outcome = await run_item(site.url("/s.xml"), max_children=3)
    assert (outcome.result.pages.count, outcome.note) == (3, "partial: 2 child_limit")


async def test_the_bound_of_urls_holds_over_all_files(site, run_item):
    site.files["/s.xml"] = index("/1.xml", "/2.xml", "/3.xml")
    site.files |= {f"/{n}.xml": pages(*(f"/{n}/{each}" for each in range(4))) for n in (1, 2, 3)}
    outcome = await run_item(site.url("/s.xml"), max_urls=6)
    assert (outcome.result.pages.count, outcome.note) == (6, "partial: 2 url_limit")
    assert "/3.xml" not in site.asked


async def test_when_time_is_up_what_was_read_is_kept(site, run_item):
    site.files["/s.xml"] = "<urlset><url><loc>/a</loc></url><sitemap><loc>/1.xml</loc></sitemap></urlset>"
    outcome = await run_item(site.url("/s.xml"), max_seconds=1e-9)
    assert isinstance(outcome, Done)
    assert (outcome.result.pages.count, outcome.note) == (1, "partial: time_limit")
    assert site.asked == ["/s.xml"]


async def test_a_file_that_mixes_pages_and_sitemaps_is_read_for_both(site, run_item):
    site.files |= {
        "/s.xml": "<urlset><url><loc>/a</loc></url><sitemap><loc>/1.xml</loc></sitemap></urlset>",
        "/1.xml": pages("/b"),
    }
    assert kept(await run_item(site.url("/s.xml"))) == [site.url("/a"), site.url("/b")]


async def test_the_wider_rules_are_opted_into(site, run_item):
    site.files["/s.xml"] = pages("/kontakt")
    usual, wider = await run_item(site.url("/s.xml")), await run_item(site.url("/s.xml"), rules="wider")
    decided = [next(iter(each.result.pages.blocks())).decision.category for each in (usual, wider)]
    assert decided == ["unknown", "contact_root"]


async def test_the_servers_charset_is_heard(site, run_item):
    body = "<urlset><url><loc>/д</loc></url></urlset>".encode("cp1251")
    site.files["/s.xml"] = web.Response(body=body, headers={"Content-Type": 'text/xml; charset="windows-1251"'})
    assert kept(await run_item(site.url("/s.xml"))) == [site.url("/%D0%B4")]


@pytest.mark.parametrize("status", [404, 503])
async def test_an_index_none_of_whose_children_could_be_read_is_tried_again(status, site, run_item):
    site.files |= {"/s.xml": index("/1.xml"), "/1.xml": web.Response(status=status)}
    outcome = await run_item(site.url("/s.xml"))
    assert isinstance(outcome, Retry)
    assert outcome.reason.startswith(f"1 of 1 children failed: http_{status}")


async def test_the_real_index_is_read_and_its_foreign_children_are_not(site, run_item, real_file):
    site.files["/s.xml"] = real_file("sitemaps/sitemap.index.xml")
    outcome = await run_item(site.url("/s.xml"))
    assert outcome.note == "empty_sitemap; passed over: 15 foreign_sitemap"


async def test_the_real_newspaper_is_read(site, run_item, real_file):
    site.files["/s.xml"] = real_file("sitemaps/extension/hebdenbridgetimes-articles-sitemap.xml")
    outcome = await run_item(site.url("/s.xml"))
    assert (outcome.result.pages.count, outcome.result.pages.dated, outcome.note) == (74, True, "")
