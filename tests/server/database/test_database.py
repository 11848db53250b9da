from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Connection, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.util import await_only

from tensorbay.exception import TensorBayException
from tensorbay.server.database import Database, metadata, tag, team, upsert, upsert_rows


def add(number: int) -> Any:
    return insert(team).values(id=str(number), name=f"team {number}")


async def names(database: Database) -> list[str]:
    query = select(team.c.name).order_by(team.c.name)
    return await database.read(lambda connection: [*connection.execute(query).scalars()])


async def test_what_was_written_is_there_after_opening_again(url: URL) -> None:
    database = await Database.open(url)
    async with database.begin() as connection:
        await connection.execute(add(1))
    await database.write(lambda connection: connection.execute(add(2)))
    await database.aclose()
    database = await Database.open(url)
    assert await names(database) == ["team 1", "team 2"]
    await database.aclose()


async def test_an_exception_rolls_back(url: URL) -> None:
    database = await Database.open(url)

    async def fail_waiting() -> None:
        async with database.begin() as connection:
            await connection.execute(add(1))
            raise LookupError

    with pytest.raises(LookupError):
        await fail_waiting()

    def fail(connection: Connection) -> None:
        connection.execute(add(2))
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    assert await names(database) == []
    await database.aclose()


async def test_a_reader_is_not_held_up_by_a_writer(url: URL) -> None:
    database = await Database.open(url)
    async with database.begin() as connection:
        await connection.execute(add(1))
        assert await names(database) == []
        async with database.connect() as reader:
            assert (await reader.execute(select(team))).all() == []
    assert await names(database) == ["team 1"]
    await database.aclose()


async def test_writers_of_two_instances_wait_for_each_other(url: URL) -> None:
    first, second = await Database.open(url), await Database.open(url)
    async with first.begin() as connection:
        await connection.execute(add(0))
        counted = update(team).values(name=team.c.name + "+")

    async def count(database: Database) -> None:
        for _ in range(20):
            await database.write(lambda connection: connection.execute(counted))

    async with anyio.create_task_group() as tasks:
        for database in (first, second, first, second):
            tasks.start_soon(count, database)
    assert await names(first) == ["team 0" + "+" * 80]
    await first.aclose()
    await second.aclose()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_writers_that_wait_for_each_other_both_end(url: URL) -> None:
    """SQLite has one writer at a time."""
    database = await Database.open(url)
    await database.write(lambda connection: upsert_rows(connection, team, [{"id": n, "name": n} for n in "12"]))
    locked = {"1": anyio.Event(), "2": anyio.Event()}

    async def write(first: str, second: str) -> None:
        def transaction(connection: Connection) -> None:
            for number in (first, second):
                changed = update(team).where(team.c.id == number).values(name=func.concat(team.c.name, first))
                connection.execute(changed)
                locked[number].set()
                await_only(locked[second].wait())

        await database.write(transaction)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write, "1", "2")
        tasks.start_soon(write, "2", "1")
    assert sorted(name[1:] for name in await names(database)) in (["12", "12"], ["21", "21"])
    await database.aclose()


async def test_foreign_keys_hold(url: URL) -> None:
    database = await Database.open(url)
    orphan = insert(tag).values(dataset_id="nobody", name="v1", commit_id="0")
    with pytest.raises(IntegrityError):
        await database.write(lambda connection: connection.execute(orphan))
    await database.aclose()


async def test_upsert_updates_or_leaves(url: URL) -> None:
    database = await Database.open(url)
    async with database.begin() as connection:
        assert await upsert(connection, team, {"id": "1", "name": "one"}) == 1
        assert await upsert(connection, team, {"id": "1", "name": "two"}) == 0
    assert await names(database) == ["one"]
    rows = [{"id": "1", "name": "three"}, {"id": "2", "name": "four"}]
    await database.write(lambda connection: upsert_rows(connection, team, rows, update=["name"]))
    assert await names(database) == ["four", "three"]
    await database.aclose()


async def test_names_sort_by_code_point(url: URL) -> None:
    database = await Database.open(url)
    given = ["a", "B", "Ä", "_", "~", "\U0001f600", "\uffff", "b10", "b2", "Zz", " "]
    rows = [{"id": name, "name": name} for name in given]
    await database.write(lambda connection: upsert_rows(connection, team, rows))
    assert await names(database) == sorted(given)
    await database.aclose()


async def test_the_migrations_lead_to_the_tables(url: URL) -> None:
    """A database of before the first migration, brought up to date, has the schema of a new one."""
    database = await Database.open(url)
    async with database.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.execute(text("DELETE FROM alembic_version"))
    await database.aclose()

    database = await Database.open(url)

    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [*compare_metadata(context, metadata)]

    assert await database.read(compare) == []
    await database.write(lambda connection: connection.execute(add(1)))
    await database.aclose()


async def test_a_newer_database_is_refused_in_words(url: URL) -> None:
    database = await Database.open(url)
    async with database.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.aclose()
    with pytest.raises(TensorBayException, match=r"newer version.*9999"):
        await Database.open(url)


@pytest.mark.parametrize("folder", ["plain", "with space", "100%", "a?b#c", "日本", "percent%20"])
async def test_a_home_may_have_any_name(tmp_path: Path, folder: str) -> None:
    home = tmp_path / "deep" / folder
    database = await Database.open_home(home)
    await database.write(lambda connection: connection.execute(add(1)))
    await database.aclose()
    assert (home / "index.sqlite").stat().st_size > 0
    assert [path.name for path in (tmp_path / "deep").iterdir()] == [folder]


PROGRAM = """
import asyncio, sys
from pathlib import Path
from sqlalchemy import insert, select
from tensorbay.server.database import Database, team

async def main():
    database = await Database.open_home(sys.argv[1])
    async with database.begin() as connection:
        await connection.execute(insert(team).values(id=sys.argv[2], name=sys.argv[2]))
    await database.read(lambda connection: connection.execute(select(team)).all())
    print("done", flush=True)

asyncio.run(main())
"""


async def test_an_interpreter_that_never_closes_ends_all_the_same(tmp_path: Path) -> None:
    result = await anyio.run_process([sys.executable, "-c", PROGRAM, str(tmp_path), "1"])
    assert result.stdout.strip() == b"done"
    database = await Database.open_home(tmp_path)
    assert await names(database) == ["1"]
    await database.aclose()


async def test_processes_that_open_one_new_home_at_once_all_succeed(tmp_path: Path) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, str(tmp_path), str(number), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for number in range(4)
    ]
    for process in processes:
        output, errors = await process.communicate()
        assert (output.strip(), process.returncode) == (b"done", 0), errors
    database = await Database.open_home(tmp_path)
    assert await names(database) == ["0", "1", "2", "3"]
    await database.aclose()


async def test_space_of_deleted_rows_is_given_back(tmp_path: Path) -> None:
    database = await Database.open_home(tmp_path)
    async with database.begin() as connection:
        for number in range(100):
            await connection.execute(insert(team).values(id=str(number), name=str(number) + "x" * 200_000))
    async with database.begin() as connection:
        await connection.execute(team.delete())
    await database.reclaim()
    await database.aclose()
    assert (tmp_path / "index.sqlite").stat().st_size < 12_000_000
