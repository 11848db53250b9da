"""Sextant: predictions held against the ground truth of a benchmark."""

from __future__ import annotations

from typing import Annotated, Any

import anyio
import msgspec
from fastapi import Depends, Query, Response

from tensorbay.exception import ForbiddenError
from tensorbay.server.accounts import Caller
from tensorbay.server.dependencies import CurrentCaller, CurrentServices, Paging
from tensorbay.server.index import BenchmarkRow, DatasetRow, JobRow
from tensorbay.server.jobs import EvaluationArguments
from tensorbay.server.replies import OK, page_members, reply
from tensorbay.server.routes._routers import sextant_router, sextant_router_v2
from tensorbay.server.services import Services
from tensorbay.wire import BenchmarkBody, EvaluationBody, encode

router = sextant_router("/benchmarks", "benchmarks")
router_v2 = sextant_router_v2("/benchmarks", "benchmarks")

# Clients of 1.x ask for a result once, and wait 30 seconds for the answer.
_LONGEST_WAIT = 20.0


async def _find(services: CurrentServices, caller: CurrentCaller, benchmark_id: str) -> BenchmarkRow:
    return await services.index.benchmarks.get(caller.team_id, benchmark_id)


CurrentBenchmark = Annotated[BenchmarkRow, Depends(_find)]
"""The benchmark of the path. One of another team is as unknown as one that does not exist."""

Wait = Annotated[float, Query(ge=0, le=_LONGEST_WAIT, description="Seconds to wait for the end of the evaluation.")]


@router.get("")
async def list_benchmarks(
    services: CurrentServices, caller: CurrentCaller, page: Paging, name: str | None = None
) -> Response:
    """The benchmarks of the team, in order of names.

    Settled here: `name` is an exact filter; no match is an empty list. Members beside `name` and `benchmarkId` are
    those that the benchmark was made with.
    """
    rows, total = await services.index.benchmarks.list(caller.team_id, name=name, offset=page.offset, limit=page.limit)
    return reply({"benchmarks": [_benchmark(row) for row in rows], **page_members(page.offset, rows, total)})


@router_v2.post("")
async def create_benchmark(services: CurrentServices, caller: CurrentCaller, body: BenchmarkBody) -> Response:
    """A benchmark: the BOX2D labels of one commit, which predictions are held against.

    Settled here: `commitId` is any revision, resolved now; without `categories` those count that the ground truth has;
    a box without a category has the category ""; `iouThreshold` is 0.5 where it is not given; a name that is taken is
    a `NameConflict`; a fusion dataset is `Forbidden`. A benchmark outlives its ground truth: results stay, and a new
    evaluation is `ResourceNotExist`.
    """
    dataset = await _dataset(services, caller, body.dataset_id)
    commit_id = await services.index.versions.resolve(dataset.id, body.commit_id)
    categories = None if body.categories is None else encode([*dict.fromkeys(body.categories)]).decode()
    row = await services.index.benchmarks.create(
        caller.team_id,
        body.name,
        dataset_id=dataset.id,
        commit_id=commit_id,
        categories=categories,
        iou_threshold=body.iou_threshold,
    )
    return reply(_benchmark(row))


@router_v2.get("/{benchmark_id}")
async def get_benchmark(benchmark: CurrentBenchmark) -> Response:
    """Settled here: the members are those of the list."""
    return reply(_benchmark(benchmark))


@router_v2.delete("/{benchmark_id}")
async def delete_benchmark(services: CurrentServices, caller: CurrentCaller, benchmark: CurrentBenchmark) -> Response:
    """Settled here: its evaluations go too, and those under way are stopped."""
    for job_id in await services.index.benchmarks.delete(caller.team_id, benchmark.id):
        services.worker.stop(job_id)
    return reply(OK)


@router.get("/{benchmark_id}/evaluations")
async def list_evaluations(services: CurrentServices, benchmark: CurrentBenchmark, page: Paging) -> Response:
    """Settled here: newest first; they go with the dataset of their predictions."""
    rows, total = await services.index.benchmarks.list_evaluations(benchmark.id, offset=page.offset, limit=page.limit)
    return reply({"evaluations": [_evaluation(row) for row in rows], **page_members(page.offset, rows, total)})


@router.post("/{benchmark_id}/evaluations")
async def create_evaluation(
    services: CurrentServices, caller: CurrentCaller, benchmark: CurrentBenchmark, body: EvaluationBody
) -> Response:
    """Begin to hold the BOX2D labels of a commit against the ground truth.

    Settled here: data are the same when segment and remote path are; what only the evaluated commit has is left out,
    and what only the ground truth has was not found. The confidence of a box is its attribute `confidence`, else
    `score`; without them all boxes are equally sure, and the first ones go first. A commit that has none of the data,
    a ground truth without boxes and a label that is no label make the evaluation fail.
    """
    truth = await _dataset(services, caller, benchmark.dataset_id)
    dataset = await _dataset(services, caller, body.dataset_id)
    arguments = EvaluationArguments(
        truth_dataset=truth.id,
        truth_commit=benchmark.commit_id,
        categories=None if benchmark.categories is None else msgspec.json.decode(benchmark.categories),
        iou_threshold=benchmark.iou_threshold,
        commit=await services.index.versions.resolve(dataset.id, body.commit_id),
    )
    job = await services.index.benchmarks.evaluate(
        caller.team_id, benchmark.id, dataset.id, arguments=encode(arguments).decode(), author=caller.name
    )
    services.worker.wake()
    return reply({"evaluationId": job.id, "createdAt": int(job.created)})


@router_v2.get("/{benchmark_id}/evaluations/{evaluation_id}")
async def get_evaluation(services: CurrentServices, benchmark: CurrentBenchmark, evaluation_id: str) -> Response:
    """How far it is. Settled here: `status` and `errorMessage` are those of jobs."""
    return reply(_evaluation(await services.index.benchmarks.get_evaluation(benchmark.id, evaluation_id)))


@router.get("/{benchmark_id}/evaluations/{evaluation_id}/results")
async def get_results(
    services: CurrentServices,
    benchmark: CurrentBenchmark,
    evaluation_id: str,
    wait: Wait = _LONGEST_WAIT,
) -> Response:
    """Average precision as COCO defines it, at the threshold of the benchmark, per category and over all of them.

    Settled here: an evaluation that has not ended after `wait` seconds is `Forbidden`, and so is one that failed: the
    message tells which, and why. A prediction takes the box of its category that it overlaps most, the most confident
    one first. `pr` has the interpolated precision at the recalls 0, 0.01, ... 1; `AP` is its mean. `averageIoU` is
    that of the boxes that were found. `overall` is the mean over the categories that the ground truth has, of `pr` and
    of `AP` (`mAP`), and the IoU of all boxes found. A category that the ground truth does not have, and an IoU of
    nothing, is null.
    """
    row = await _ended(services, benchmark.id, evaluation_id, wait)
    if row.result is not None:
        return reply({"result": msgspec.Raw(row.result.encode())})
    if row.is_running:
        raise ForbiddenError(f"Evaluation {row.id} has not ended yet ({row.status}): ask for its result again later.")
    raise ForbiddenError(f"Evaluation {row.id} failed and has no result: {row.error}")


async def _ended(services: Services, benchmark_id: str, evaluation_id: str, wait: float) -> JobRow:
    """As far as it is after `wait` seconds."""
    deadline, pause = anyio.current_time() + wait, 0.05
    while True:
        row = await services.index.benchmarks.get_evaluation(benchmark_id, evaluation_id)
        left = deadline - anyio.current_time()
        if not row.is_running or left <= 0:
            return row
        await anyio.sleep(min(pause, left))
        pause = min(2 * pause, 1.0)


async def _dataset(services: Services, caller: Caller, dataset_id: str) -> DatasetRow:
    dataset = await services.index.datasets.get(caller.team_id, dataset_id)
    if dataset.type:
        raise ForbiddenError(f'"{dataset.name}" is a fusion dataset: only boxes of other datasets are evaluated.')
    return dataset


def _benchmark(row: BenchmarkRow) -> dict[str, Any]:
    categories = {} if row.categories is None else {"categories": msgspec.Raw(row.categories.encode())}
    return {
        "name": row.name,
        "benchmarkId": row.id,
        "datasetId": row.dataset_id,
        "commitId": row.commit_id,
        "iouThreshold": row.iou_threshold,
        **categories,
    }


def _evaluation(row: JobRow) -> dict[str, Any]:
    return {
        "evaluationId": row.id,
        "createdAt": int(row.created),
        "datasetId": row.dataset_id,
        "status": row.status,
        "errorMessage": row.error,
    }
