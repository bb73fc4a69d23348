"""Database addresses: what is one, whether it holds a password, and how to show it."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

_SCHEMES = ("postgresql", "postgresql+asyncpg", "postgres")


def check_address(url: str) -> None:
    """Make sure that a text is an address of a PostgreSQL database.

    Raises:
        ValueError: It is not. The message never repeats the text, which may hold a password.
    """
    parts = _split(url)
    if parts is None:
        message = (
            "should be postgresql://user@host:port/name (characters such as / # ? @ in a password are written as %2F …)"
        )
        raise ValueError(message)
    if "password" in dict(parse_qsl(parts.query)):
        message = "should have its password before the host and not among the options, where others would show it"
        raise ValueError(message)


def has_password(url: str) -> bool:
    """Whether a password stands in the address, before the host or among the options.

    >>> has_password("postgresql://me:secret@db/leads"), has_password("postgresql://me@db/leads")
    (True, False)
    """
    parts = _split(url)
    return parts is not None and (parts.password is not None or "password" in dict(parse_qsl(parts.query)))


def for_asyncpg(url: str) -> str:
    """The address as SQLAlchemy's asyncpg dialect wants it, whoever handed it out.

    >>> for_asyncpg("postgres://me:secret@db/leads?sslmode=require")
    'postgresql+asyncpg://me:secret@db/leads?ssl=require'
    """
    rest = url.partition("://")[2]
    place, mark, options = rest.partition("?")
    # libpq's name for it; asyncpg's own parameter takes the same words.
    renamed = [("ssl" if name == "sslmode" else name, value) for name, value in parse_qsl(options)]
    return f"postgresql+asyncpg://{place}{mark}{urlencode(renamed, safe='/')}"


def shown(url: str) -> str:
    """The address without its password.

    >>> shown("postgresql://me:secret@db:5433/leads?password=secret&ssl=require")
    'postgresql://me@db:5433/leads?ssl=require'
    """
    parts = _split(url)
    if parts is None:
        return "(not an address)"
    host = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}@" if parts.username else ""
    options = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] != "password"], safe="/")
    return f"{parts.scheme}://{user}{host}{parts.path}{'?' if options else ''}{options}"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # an unquoted "/" or "#" in a password leaves a piece of it where the port belongs
    except ValueError:
        return None
    return parts if parts.scheme in _SCHEMES and "//" in url and not parts.fragment else None
