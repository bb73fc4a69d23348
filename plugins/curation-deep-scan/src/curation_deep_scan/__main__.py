"""``python -m curation_deep_scan purge``: removes what Google said and may be kept no longer."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from curation_deep_scan.purging import purge

WELL, FOUND, USAGE, UNREACHABLE = 0, 1, 2, 5  # as the command `curation` has them


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The words of the command line; the process's by default.

    Returns:
        The exit code: 0, 1 where the table refuses, 5 where the database can't be reached.

    Raises:
        SystemExit: 2, the command line is wrong; or 0, it asked for help.
    """
    parser = _parser()
    chosen = parser.parse_args(arguments)
    url = _database(parser, chosen.database)
    try:
        count = asyncio.run(_purge(url, chosen.older_than_days, dry_run=chosen.dry_run))
    except DBAPIError as error:
        sys.stderr.write(f"Error: nothing more was purged: {error.orig}\n")
        return UNREACHABLE if error.connection_invalidated else FOUND
    except OSError as error:
        sys.stderr.write(f"Error: can't reach the database {url.render_as_string()}: {error}\n")
        return UNREACHABLE
    noun = "business" if count == 1 else "businesses"
    sys.stdout.write(f"{count} {noun} would be purged\n" if chosen.dry_run else f"{count} {noun} purged\n")
    return WELL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m curation_deep_scan", description=__doc__)
    command = parser.add_subparsers(dest="command", required=True).add_parser(
        "purge", help="empty the columns of local_businesses that hold what Google said too long ago"
    )
    command.add_argument("--dry-run", action="store_true", help="only say how many businesses it would be")
    command.add_argument("--database", metavar="URL", help="postgresql://…; CURATION_DATABASE_URL by default")
    command.add_argument(
        "--older-than-days",
        type=_days,
        metavar="N",
        help="how old it may be; by default what content_ttl_days was when it was fetched",
    )
    return parser


def _days(text: str) -> int:
    if not (text.isdecimal() and len(text) <= len("36500")):
        message = f"should be a number of days, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _database(parser: argparse.ArgumentParser, given: str | None) -> URL:
    address = given or os.environ.get("CURATION_DATABASE_URL")
    if not address:
        parser.error("no database: set CURATION_DATABASE_URL, or give --database URL")
    try:
        url = make_url(address)
    except ArgumentError:
        parser.error("the database's address should be postgresql://user@host:port/name")
    if given and url.password:
        parser.error("a command line is seen by every user of the machine: set CURATION_DATABASE_URL instead")
    query = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=query)


async def _purge(url: URL, older_than_days: int | None, *, dry_run: bool) -> int:
    engine = create_async_engine(url, connect_args={"statement_cache_size": 0})  # a pooler may stand in between
    try:
        return await purge(async_sessionmaker(engine), older_than_days, dry_run=dry_run)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
