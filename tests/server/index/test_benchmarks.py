from __future__ import annotations

import pytest

from tensorbay.exception import NameConflictError, ResourceNotExistError
from tensorbay.server.accounts import Accounts
from tensorbay.server.database import Database
from tensorbay.server.index import ROOT_COMMIT_ID, BenchmarkRow, Index


@pytest.fixture
async def team(database: Database) -> str:
    return await Accounts(database).ensure_team("team")


async def create(index: Index, team: str, name: str) -> BenchmarkRow:
    return await index.benchmarks.create(
        team, name, dataset_id="truth", commit_id=ROOT_COMMIT_ID, categories=None, iou_threshold=0.5
    )


async def test_evaluations_are_jobs_that_go_with_their_benchmark(index: Index, team: str) -> None:
    one, other = await create(index, team, "one"), await create(index, team, "other")
    with pytest.raises(NameConflictError):
        await create(index, team, "one")
    dataset = (await index.datasets.create(team, "Dogs")).id
    jobs = [
        await index.benchmarks.evaluate(team, benchmark.id, dataset, arguments="{}", author="maria")
        for benchmark in (one, one, other)
    ]
    assert {row.id for row in (await index.benchmarks.list_evaluations(one.id)).items} == {jobs[0].id, jobs[1].id}
    assert await index.benchmarks.get_evaluation(one.id, jobs[0].id) == jobs[0]

    assert {*await index.benchmarks.delete(team, one.id)} == {jobs[0].id, jobs[1].id}
    for job in jobs[:2]:
        with pytest.raises(ResourceNotExistError):
            await index.jobs.find(job.id)
    assert await index.jobs.find(jobs[2].id) == jobs[2]
    with pytest.raises(ResourceNotExistError):
        await index.benchmarks.evaluate(team, one.id, dataset, arguments="{}", author="maria")
    assert [row.name for row in (await index.benchmarks.list(team)).items] == ["other"]

    await index.datasets.delete(team, dataset)
    assert (await index.benchmarks.list_evaluations(other.id)).total == 0
