"""Where the settings put the database."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from tensorbay.exception import InvalidParamsError

_SETTING = "The setting `database` (TENSORBAY_DATABASE)"


def index_path(home: Path) -> Path:
    return home / "index.sqlite"


def sqlite_url(home: Path) -> URL:
    return URL.create("sqlite+aiosqlite", database=str(index_path(home)))


def postgresql_url(text: str) -> URL:
    """As every other program of PostgreSQL takes it. InvalidParamsError without a word of `text`: it has a password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = URL.create("")
    if url.drivername not in ("postgresql", "postgres") or not url.database:
        raise InvalidParamsError(f"{_SETTING} is a URL such as postgresql://user:password@host:5432/name.")
    if importlib.util.find_spec("asyncpg") is None:
        raise InvalidParamsError(f"{_SETTING} needs a driver: pip install 'tensorbay[postgres]'.")
    # The driver's own name for it; the values are the same.
    query = {{"sslmode": "ssl"}.get(name, name): value for name, value in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=query)
