from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from sqlalchemy import URL

from tensorbay.exception import InvalidParamsError
from tensorbay.server.database import Database
from tensorbay.server.index import CommitRef, DraftRef, Index
from tests.server.index.datasets import Work, make, raw, work_on


@pytest.mark.usefixtures("small_pages")
async def test_posts_of_many_tasks_and_instances_all_arrive(url: URL) -> None:
    databases = [await Database.open(url) for _ in range(2)]
    work = await work_on(await Index.open(databases[0]))
    draft = await work.draft()
    await work.segment(draft, "train")
    workers = [replace(work, index=await Index.open(database)) for database in databases]

    async def post(worker: Work, number: int) -> None:
        for batch in range(8):
            entries = [make(f"{item:02}-{batch}-{number}") for item in range(10)]
            await worker.index.contents.put(work.dataset, draft, "train", entries)
            if batch % 3 == number % 3:
                await worker.index.contents.list(work.dataset, DraftRef(draft), "train")
            label = raw({"batch": batch})
            await worker.index.contents.put_labels(work.dataset, draft, "train", [(entries[1].key, label)])
            await worker.index.contents.delete(work.dataset, draft, "train", [entries[0].key])

    async with anyio.create_task_group() as tasks:
        for number in range(6):
            tasks.start_soon(post, workers[number % 2], number)
    commit = await workers[1].commit(draft)
    for worker in workers:
        entries = await worker.entries(CommitRef(commit), "train")
        assert len(entries) == 6 * 8 * 9
        assert sum(bytes(entry.label).startswith(b'{"batch"') for entry in entries) == 6 * 8
    for database in databases:
        await database.aclose()


async def test_of_many_drafts_at_once_one_is_made(index: Index) -> None:
    work = await work_on(index)
    made = []

    async def create() -> None:
        try:
            made.append(await work.draft())
        except InvalidParamsError:
            made.append(0)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(create)
    assert sorted(made) == [0, 0, 0, 0, 1]


async def test_copies_to_one_name_at_once(index: Index) -> None:
    work = await work_on(index)
    draft = await work.draft()
    for name in "abc":
        await work.segment(draft, name, [make(name)])

    async def copy(source: str) -> None:
        for _ in range(5):
            await index.contents.copy_segment(work.dataset, draft, "copy", source=source, strategy="override")

    async with anyio.create_task_group() as tasks:
        for name in "abc":
            tasks.start_soon(copy, name)
    [entry] = await work.entries(DraftRef(draft), "copy")
    assert entry.key in "abc"


async def test_posts_beside_a_commit_are_in_it_or_refused(index: Index) -> None:
    work = await work_on(index)
    draft = await work.draft()
    await work.segment(draft, "train")
    accepted = []
    commits = []

    async def post(number: int) -> None:
        for item in range(20):
            entry = make(f"{number}-{item:02}")
            try:
                await index.contents.put(work.dataset, draft, "train", [entry])
            except PermissionError:
                return
            accepted.append(entry.key)

    async def commit() -> None:
        await anyio.lowlevel.checkpoint()
        commits.append(await work.commit(draft))

    async with anyio.create_task_group() as tasks:
        for number in range(3):
            tasks.start_soon(post, number)
        tasks.start_soon(commit)
    entries = await work.entries(CommitRef(commits[0]), "train")
    assert [entry.key for entry in entries] == sorted(accepted)


@pytest.mark.usefixtures("small_pages")
async def test_whatever_is_cancelled_is_done_or_not_done(index: Index) -> None:
    work = await work_on(index)
    draft = await work.draft()
    await work.segment(draft, "train")
    ref = DraftRef(draft)
    for steps in range(25):
        with anyio.CancelScope() as scope:

            async def post(steps: int = steps) -> None:
                await index.contents.put(
                    work.dataset, draft, "train", [make(f"{steps:02}-{item:02}") for item in range(20)]
                )
                await index.contents.list(work.dataset, ref, "train")

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(post)
                for _ in range(steps * 10):
                    await anyio.lowlevel.checkpoint()
                scope.cancel()
    entries = await work.entries(ref, "train")
    assert [entry.key for entry in entries] == sorted({entry.key for entry in entries})
    assert {sum(entry.key.startswith(f"{steps:02}-") for entry in entries) for steps in range(25)} <= {0, 20}
    await index.contents.put(work.dataset, draft, "train", [make("after")])
    commit = await work.commit(draft)
    assert len(await work.entries(CommitRef(commit), "train")) == len(entries) + 1


VICTIM = """
import asyncio, sys
from tensorbay.server.database import Database
from tensorbay.server.index import Index
from tests.server.index.datasets import Work, make

async def main():
    index = await Index.open(await Database.open_home(sys.argv[1]))
    (row,) = (await index.datasets.list("team")).items
    work = Work(index, row.id)
    for number in range(10_000):
        draft = await work.draft()
        if number == 0:
            await work.segment(draft, "train")
        for batch in range(3):
            entries = [make(f"{item:03}", number * 3 + batch) for item in range(300)]
            await index.contents.put(work.dataset, draft, "train", entries)
            print("put", number * 3 + batch, flush=True)
        await work.commit(draft)
        print("commit", number, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [5, 8, 11])
async def test_a_killed_process_leaves_all_of_a_batch_or_nothing(tmp_path: Path, lines: int) -> None:
    database = await Database.open_home(tmp_path)
    work = await work_on(await Index.open(database))
    process = await anyio.open_process([sys.executable, "-c", VICTIM, str(tmp_path)], stderr=None)
    assert process.stdout is not None
    output = b""
    while output.count(b"\n") < lines:
        output += await process.stdout.receive()
    process.kill()
    await process.wait()
    await process.stdout.aclose()
    done = [line.split() for line in output.decode().splitlines()]
    puts = [int(number) for kind, number in done if kind == "put"]
    commits = [int(number) for kind, number in done if kind == "commit"]

    rows = (await work.index.versions.list_commits(work.dataset, "main", limit=1000)).items[::-1]
    assert len(rows) in (len(commits), len(commits) + 1)
    for number, row in enumerate(rows):
        entries = await work.entries(CommitRef(row.commit_id), "train")
        assert entries == [make(f"{item:03}", number * 3 + 2) for item in range(300)]
    drafts = (await work.index.versions.list_drafts(work.dataset)).items
    for draft in drafts:
        entries = await work.entries(DraftRef(draft.number), "train")
        # The last post that was answered, or one more.
        assert entries in [[make(f"{item:03}", last) for item in range(300)] for last in (puts[-1], puts[-1] + 1)]
        await work.commit(draft.number)
    await database.aclose()
