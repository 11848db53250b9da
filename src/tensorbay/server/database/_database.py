from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from tensorbay.server.database._migrate import migrate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
    from typing_extensions import Self

BUSY_TIMEOUT = 30.0  # seconds a writer waits for one of another process

# auto_vacuum has effect only before the first table is made: it goes before journal_mode, which writes the header.
_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000:.0f}",
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_size_limit = 16777216",
)
_RECLAIM_PAGES = 2048
_OPEN_ATTEMPTS = 50


class Database:
    """One SQL database with our tables, up to date. Belongs to the event loop it was opened in."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        # SQLite has one writer at a time. Those of this process queue here, in order and without a thread each;
        # the busy timeout is for the other processes.
        self._writer = anyio.Lock() if self._is_sqlite else None

    @classmethod
    async def open(cls, url: str | URL) -> Self:
        """Connects, makes or migrates the tables. `sqlite+aiosqlite:///<path>` or `postgresql+asyncpg://...`."""
        url = make_url(url)
        engine = create_async_engine(url, **_engine_options(url))
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _on_connect)
            event.listen(engine.sync_engine, "begin", _on_begin)
        database = cls(engine)
        try:
            await database._prepare()
        except BaseException:
            await database.aclose()
            raise
        return database

    @classmethod
    async def open_home(cls, home: str | Path) -> Self:
        """The SQLite database of an embedded home; the folder is made when it is missing, for its owner only."""
        path = Path(home) / "index.sqlite"
        await anyio.to_thread.run_sync(lambda: path.parent.mkdir(mode=0o700, parents=True, exist_ok=True))
        return await cls.open(URL.create("sqlite+aiosqlite", database=str(path)))

    async def _prepare(self) -> None:
        for attempt in range(_OPEN_ATTEMPTS):
            try:
                async with self.begin() as connection:
                    await migrate(connection)
                return
            except OperationalError as error:
                # Switching a new file to WAL does not wait for another process that does the same.
                if "locked" not in str(error) or attempt == _OPEN_ATTEMPTS - 1:
                    raise
                await anyio.sleep(0.05)

    async def aclose(self) -> None:
        await self._engine.dispose()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A read transaction: one consistent view, beside writers."""
        async with self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction: all or nothing. Not to be nested."""
        if self._writer is None:
            async with self._engine.begin() as connection:
                yield connection
            return
        async with self._writer, self._engine.connect() as connection:
            await connection.execution_options(tensorbay_write=True)
            async with connection.begin():
                yield connection

    async def reclaim(self) -> None:
        """Gives space that deleted rows have left back to the file system, in steps that let others in between.

        PostgreSQL sees to that by itself.
        """
        if not self._is_sqlite:
            return
        while True:
            async with self.connect() as connection:
                free = (await connection.exec_driver_sql("PRAGMA freelist_count")).scalar_one()
                pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
            # A little slack is about to be used again.
            if free < _RECLAIM_PAGES or free * 8 < pages:
                return
            async with self.begin() as connection:
                # Each row of the result is one page given back; the pragma does nothing until it is read.
                (await connection.exec_driver_sql(f"PRAGMA incremental_vacuum({_RECLAIM_PAGES})")).all()


def _engine_options(url: URL) -> dict[str, Any]:
    # A connection of SQLite is a thread and a page cache, so few; the pool bounds readers, never fails them.
    options: dict[str, Any] = {"pool_size": 8, "max_overflow": 0, "pool_timeout": 300}
    if url.get_backend_name() != "sqlite":
        options["pool_pre_ping"] = True
    return options


def _on_connect(connection: DBAPIConnection, _: object) -> None:
    # The driver must not open transactions on its own: `_on_begin` does, of the right kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Connection) -> None:
    # A deferred transaction that turns to writing fails when another one wrote meanwhile: take the lock at once.
    write = connection.get_execution_options().get("tensorbay_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
