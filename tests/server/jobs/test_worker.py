from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from tensorbay.exception import ForbiddenError
from tensorbay.server import ServerSettings
from tensorbay.server.configs import StorageConfigs
from tensorbay.server.database import Database
from tensorbay.server.egress import Egress
from tensorbay.server.index import Index, JobRow
from tensorbay.server.jobs import Worker, _worker
from tensorbay.server.managed import ManagedStorage
from tensorbay.server.secrets import SecretBox
from tensorbay.server.service_key import ServiceKey
from tensorbay.server.storages import Storages
from tensorbay.server.urls import UrlSigner
from tests.server.index.datasets import Work, make, work_on

ARGUMENTS = '{"title": "merged", "sourceBranchName": "dev", "targetBranchName": "main", "strategy": "override"}'


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open_home(tmp_path)
    yield database
    await database.aclose()


@pytest.fixture
async def index(database: Database) -> Index:
    return await Index.open(database)


@pytest.fixture
async def storages(database: Database, tmp_path: Path) -> Storages:
    settings = ServerSettings(home=tmp_path, embedded=True)
    box = await anyio.to_thread.run_sync(SecretBox.load, settings)
    managed = await anyio.to_thread.run_sync(ManagedStorage.load, settings)
    signer = UrlSigner(*box.derive("object urls"))
    key = ServiceKey(database, box)
    return Storages(StorageConfigs(database), box, settings, signer, key, await Egress.open(settings), managed)


@pytest.fixture
async def work(index: Index) -> Work:
    """Branch "dev" is one commit ahead of "main"."""
    work = await work_on(index, "Dogs")
    draft = await work.draft()
    await work.segment(draft, "train", [make("a")])
    await work.commit(draft)
    await index.versions.create_branch(work.dataset, "dev", "main")
    draft = await work.draft("dev")
    await index.contents.put(work.dataset, draft, "train", [make("b")])
    await work.commit(draft)
    return work


async def create(work: Work) -> JobRow:
    return await work.index.jobs.create(
        work.dataset, type_="squashAndMerge", title="t", description="", arguments=ARGUMENTS, author="maria"
    )


async def ended(index: Index, job: JobRow) -> JobRow:
    while (row := await index.jobs.find(job.id)).status in ("QUEUING", "PROCESSING"):
        pass
    return row


async def test_a_job_whose_worker_died_begins_anew(work: Work, storages: Storages) -> None:
    jobs = work.index.jobs
    job = await create(work)
    assert await jobs.claim("dead", lease=-1)
    left = await work.draft()
    assert await jobs.note(job.id, "dead", f'{{"draft": {left}}}')
    worker = Worker(work.index, storages, limit=4)
    worker.start()
    row = await ended(work.index, job)
    await worker.aclose()
    assert (row.status, row.result) == ("SUCCESS", f'{{"draftNumber":{left + 1}}}')
    assert (await work.index.versions.get_draft(work.dataset, left)).status == "CLOSED"
    assert not await jobs.finish(job.id, "dead", error="late")


async def test_a_leased_job_is_left_alone(work: Work) -> None:
    jobs = work.index.jobs
    job = await create(work)
    claimed = await jobs.claim("first", lease=60)
    assert claimed is not None
    assert claimed.status == "PROCESSING"
    assert await jobs.claim("second", lease=60) is None
    await jobs.release("first")
    again = await jobs.claim("second", lease=60)
    assert again is not None
    assert again.id == job.id
    assert not await jobs.renew(job.id, "first", lease=60)
    assert await jobs.renew(job.id, "second", lease=60)


async def test_a_job_whose_lease_cannot_be_renewed_is_taken_up_again(
    work: Work, storages: Storages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    renew = work.index.jobs.renew

    async def fail(*_: Any, **__: Any) -> bool:
        monkeypatch.setattr(work.index.jobs, "renew", renew)
        raise OSError("the database has gone")

    monkeypatch.setattr(work.index.jobs, "renew", fail)
    monkeypatch.setattr(_worker, "LEASE", 0.5)
    monkeypatch.setattr(_worker, "_IDLE", 0.1)
    worker = Worker(work.index, storages, limit=4)
    job = await create(work)
    worker.start()
    assert (await ended(work.index, job)).status == "SUCCESS"
    await worker.aclose()
    (record,) = [record for record in caplog.records if record.name == "tensorbay.server"]
    assert record.getMessage() == f"job {job.id} was left in the middle; it is taken up again when its lease has ended"
    assert "the database has gone" in caplog.text


async def test_an_aborted_job_is_nobodys(work: Work) -> None:
    jobs = work.index.jobs
    job = await create(work)
    await jobs.claim("first", lease=60)
    await jobs.abort(work.dataset, "squashAndMerge", job.id)
    assert not await jobs.renew(job.id, "first", lease=60)
    assert not await jobs.finish(job.id, "first", result="{}")
    assert (await jobs.find(job.id)).status == "ABORTED"
    assert await jobs.claim("second", lease=60) is None
    with pytest.raises(ForbiddenError, match="ABORTED"):
        await jobs.abort(work.dataset, "squashAndMerge", job.id)
    await jobs.retry(work.dataset, "squashAndMerge", job.id)
    assert (await jobs.find(job.id)).status == "PROCESSING"
    assert await jobs.claim("second", lease=60)


async def test_many_workers_do_each_job_once(work: Work, storages: Storages) -> None:
    workers = [Worker(work.index, storages, limit=4) for _ in range(3)]
    rows = [await create(work) for _ in range(4)]
    for worker in workers:
        worker.start()
    statuses = sorted([(await ended(work.index, row)).status for row in rows])
    for worker in workers:
        await worker.aclose()
    # The first one's draft stays open; the others find it.
    assert statuses == ["FAILED", "FAILED", "FAILED", "SUCCESS"]
    assert (await work.index.versions.list_drafts(work.dataset)).total == 1


async def test_a_worker_that_ends_waits_for_its_threads(
    work: Work, storages: Storages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is closed behind it."""
    begun, end = anyio.Event(), threading.Event()

    def query() -> None:
        anyio.from_thread.run_sync(begun.set)
        end.wait()

    async def claim(*_: Any, **__: Any) -> JobRow | None:
        await anyio.to_thread.run_sync(query)
        return None

    monkeypatch.setattr(work.index.jobs, "claim", claim)
    worker = Worker(work.index, storages, limit=4)
    worker.start()
    await begun.wait()
    closing = asyncio.ensure_future(worker.aclose())
    await anyio.wait_all_tasks_blocked()
    try:
        assert not closing.done()
    finally:
        end.set()
    await closing
