"""A sitemap is told by its first bytes."""

from __future__ import annotations

import gzip

import pytest

from curation_sitemap_discovery.recognition import HEAD, type_of

URLSET = b'<?xml version="1.0"?><!-- made by hand --><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'


@pytest.mark.parametrize(
    "head",
    [
        URLSET,
        b"\xef\xbb\xbf" + URLSET,
        URLSET.decode().encode("utf-16"),
        b"<sm:urlset xmlns:sm='x'>",
        b"<rss version='2.0'>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'>",
        b"https://joes.example/\nhttps://joes.example/a\n",
        gzip.compress(URLSET, mtime=0),
        gzip.compress(URLSET + b"<url><loc>https://joes.example/a</loc></url>" * 50_000, mtime=0)[:HEAD],
    ],
)
def test_sitemaps_feeds_and_lists_are_recognised(head):
    assert type_of(head) == "STANDARD"


@pytest.mark.parametrize("head", [b"<sitemapindex>", gzip.compress(b"\n<sitemapindex>", mtime=0)])
def test_an_index_is_told_from_a_sitemap(head):
    assert type_of(head) == "INDEX"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<!DOCTYPE html><title>Not found</title>",
        b"<html><body>see our <urlset> here",
        b"Not found",
        b'{"urlset": []}',
        b"\x1f\x8b broken",
        b"\x89PNG\r\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"see https://joes.example/",
    ],
)
def test_what_is_no_sitemap_is_not_taken_for_one(head):
    assert type_of(head) is None
