from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from sqlalchemy import URL, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from tensorbay.exception import InvalidParamsError
from tensorbay.server.database._migrate import REVISION, create_tables, load_migrations, upgrade
from tensorbay.server.database._url import index_path, postgresql_url, sqlite_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
    from typing_extensions import Self

    from tensorbay.server.settings import ServerSettings

BUSY_TIMEOUT = 30.0  # seconds a writer waits for one of another process

# Of the file: set once, because setting them writes. auto_vacuum has effect only before anything else is written.
_FILE_PRAGMAS = ("PRAGMA auto_vacuum = INCREMENTAL", "PRAGMA journal_mode = WAL")
_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000:.0f}",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_size_limit = 16777216",
)
_RECLAIM_PAGES = 2048
_OPEN_ATTEMPTS = 50
_DEADLOCK = "40P01"
_ATTEMPTS = 5

R = TypeVar("R")
T = TypeVar("T")


class Database:
    """One SQL database with our tables, up to date. Belongs to the event loop it was opened in.

    `begin` and `connect` are for statements that wait for each other's answers on the event loop. `write` and `read`
    take a whole transaction as one function: with SQLite they are several times cheaper, because the function goes
    to a worker thread once, and not with each statement.
    """

    def __init__(self, engine: AsyncEngine, threads: Engine | None) -> None:
        self._engine = engine
        self._threads = threads
        # SQLite has one writer at a time. Those of this process queue here, in order and without a thread each;
        # the busy timeout is for the other processes.
        self._writer = anyio.Lock() if engine.dialect.name == "sqlite" else None

    @classmethod
    async def open(cls, url: str | URL) -> Self:
        """Connects, makes or migrates the tables. `sqlite+aiosqlite:///<path>` or `postgresql+asyncpg://...`."""
        # In a thread: making the path absolute asks the file system for the current folder.
        database = await anyio.to_thread.run_sync(lambda: cls(*_engines(make_url(url))))
        try:
            await database._prepare()
        except BaseException:
            await database.aclose()
            raise
        return database

    @classmethod
    async def open_home(cls, home: str | Path) -> Self:
        """The SQLite database of a home; the folder is made when it is missing, for its owner only."""
        path = Path(home)
        await anyio.to_thread.run_sync(lambda: path.mkdir(mode=0o700, parents=True, exist_ok=True))
        return await cls.open(sqlite_url(path))

    @classmethod
    async def open_for(cls, settings: ServerSettings) -> Self:
        """The PostgreSQL database that the settings name, else that of the home; InvalidParamsError if it is closed."""
        if settings.database is None:
            try:
                return await cls.open_home(settings.home)
            except (OSError, SQLAlchemyError) as error:
                raise InvalidParamsError(f"The index in {settings.home} can't be opened: {_reason(error)}") from None
        url = await anyio.to_thread.run_sync(postgresql_url, settings.database.get_secret_value())
        try:
            return await cls.open(url)
        except (OSError, TypeError, ValueError, SQLAlchemyError) as error:
            place = url.set(drivername="postgresql").render_as_string(hide_password=True)
            raise InvalidParamsError(f"The database {place} can't be opened: {_reason(error)}") from None

    @classmethod
    async def open_existing(cls, settings: ServerSettings) -> Self:
        """As `open_for`, where a home without an index is the wrong home: InvalidParamsError."""
        if settings.database is None and not await anyio.to_thread.run_sync(index_path(settings.home).exists):
            raise InvalidParamsError(f"There is no index in {settings.home}: give the server's home.")
        return await cls.open_for(settings)

    async def _prepare(self) -> None:
        for attempt in range(_OPEN_ATTEMPTS):
            try:
                revision = await self.write(create_tables)
                break
            except OperationalError as error:
                # Switching a new file to WAL does not wait for another process that does the same.
                if "locked" not in str(error) or attempt == _OPEN_ATTEMPTS - 1:
                    raise
                await anyio.sleep(0.05)
        if revision != REVISION:
            scripts = await anyio.to_thread.run_sync(load_migrations, revision)
            await self.write(lambda connection: upgrade(connection, scripts))

    async def aclose(self) -> None:
        await self._engine.dispose()
        if self._threads is not None:
            await anyio.to_thread.run_sync(self._threads.dispose)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """For reading, beside writers. Each statement sees what was committed when it began."""
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

    async def read(self, query: Callable[[Connection], R]) -> R:
        """As `connect`, for what one function reads."""
        if self._threads is None:
            async with self._engine.connect() as connection:
                return await connection.run_sync(query)
        return await anyio.to_thread.run_sync(_read, self._threads, query)

    async def fetch(self, query: Callable[[Connection], R], then: Callable[[R], T]) -> T:
        """`then` of what `query` reads; `then` is for work that takes a while, and never holds up the event loop."""
        if self._threads is None:
            return await anyio.to_thread.run_sync(then, await self.read(query))
        threads = self._threads
        return await anyio.to_thread.run_sync(lambda: then(_read(threads, query)))

    async def write(self, transaction: Callable[[Connection], R]) -> R:
        """As `begin`, for a transaction that is one function. An exception rolls it back.

        PostgreSQL ends one of the transactions that wait for each other: its function is called again.
        """
        if self._writer is not None and self._threads is not None:
            async with self._writer:
                return await anyio.to_thread.run_sync(_write, self._threads, transaction)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with self._engine.begin() as connection:
                    return await connection.run_sync(transaction)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != _DEADLOCK or attempt == _ATTEMPTS:
                    raise
        raise AssertionError  # the last attempt has returned or raised

    async def sync(self) -> None:
        """After this, what was committed survives a power failure. SQLite sees to that at checkpoints only."""
        if self._writer is None:
            return
        async with self._writer, self.connect() as connection:
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(FULL)")

    async def reclaim(self) -> None:
        """Gives space that deleted rows have left back to the file system, in steps that let others in between.

        PostgreSQL sees to that by itself.
        """
        if self._writer is None:
            return
        while True:
            async with self.connect() as connection:
                free = (await connection.exec_driver_sql("PRAGMA freelist_count")).scalar_one()
                pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
            # A little slack is about to be used again.
            if free < _RECLAIM_PAGES or free * 8 < pages:
                return
            async with self._writer, self.connect() as connection:
                # One step of the statement gives one page back, and only a script is stepped to its end.
                driver: Any = (await connection.get_raw_connection()).driver_connection
                await driver.executescript(f"PRAGMA incremental_vacuum({_RECLAIM_PAGES})")


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).partition("\n")[0]


def _read(engine: Engine, query: Callable[[Connection], R]) -> R:
    with engine.connect() as connection:
        return query(connection)


def _write(engine: Engine, transaction: Callable[[Connection], R]) -> R:
    with engine.connect().execution_options(tensorbay_write=True) as connection, connection.begin():
        return transaction(connection)


def _engines(url: URL) -> tuple[AsyncEngine, Engine | None]:
    engine = create_async_engine(url, **_engine_options(url))
    if engine.dialect.name != "sqlite":
        return engine, None
    url = url.set(drivername="sqlite")
    threads = create_engine(url, connect_args={"check_same_thread": False}, **_engine_options(url))
    for target in (engine.sync_engine, threads):
        event.listen(target, "connect", _on_connect)
        event.listen(target, "begin", _on_begin)
    return engine, threads


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
    cursor.execute("PRAGMA journal_mode")
    if cursor.fetchall() != [("wal",)]:
        for pragma in _FILE_PRAGMAS:
            cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Connection) -> None:
    # A deferred transaction that turns to writing fails when another one wrote meanwhile: take the lock at once.
    # Reading needs none: single statements see what those of PostgreSQL see (READ COMMITTED), and cost half.
    if connection.get_execution_options().get("tensorbay_write"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
