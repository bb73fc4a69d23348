"""Fetches from strangers' web servers. Everything public is imported from here."""

from curation_fetch.errors import AnswerRefused as AnswerRefused
from curation_fetch.errors import FetchError as FetchError
from curation_fetch.errors import HttpStatus as HttpStatus
from curation_fetch.errors import Unreachable as Unreachable
from curation_fetch.errors import UrlRefused as UrlRefused
from curation_fetch.fetcher import Fetcher as Fetcher
from curation_fetch.response import Page as Page
from curation_fetch.response import Response as Response
from curation_fetch.settings import FetchSettings as FetchSettings

__all__ = [
    "AnswerRefused",
    "FetchError",
    "FetchSettings",
    "Fetcher",
    "HttpStatus",
    "Page",
    "Response",
    "Unreachable",
    "UrlRefused",
]
