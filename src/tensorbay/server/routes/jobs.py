from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import Query, Response

from tensorbay.exception import InvalidParamsError, RequestParamsMissingError
from tensorbay.server.dependencies import CurrentCaller, CurrentDataset, CurrentServices, Paging
from tensorbay.server.index import JobRow
from tensorbay.server.jobs import MergeArguments
from tensorbay.server.replies import OK, page_members, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import JobBody, encode

router = v1_router("/datasets/{dataset_id}/jobs", "jobs")

JobType = Annotated[Literal["squashAndMerge"], Query(alias="jobType")]
Status = Literal["QUEUING", "PROCESSING", "SUCCESS", "FAILED", "ABORTED"]


@router.post("")
async def create_job(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, body: JobBody
) -> Response:
    """Squash and merge: a draft of the target branch with what the source branch changed since their common ancestor.

    Settled here: what both branches changed is a conflict, data by data, and so are the same sensor, the catalog and
    the notes; a segment that one side deleted and the other changed is one conflict. "override" takes the source's,
    "skip" the target's, "abort" succeeds with a draft that is the target as it was if there is any conflict. A target
    branch with an open draft, or an unknown branch, makes the job fail. Wrong arguments are refused at once.
    """
    arguments = _arguments(body.arguments)
    for branch in (arguments.source_branch_name, arguments.target_branch_name):
        await services.index.versions.require_branch(dataset.id, branch)
    job = await services.index.jobs.create(
        dataset.id,
        type_=body.job_type,
        title=body.title,
        description=body.description,
        arguments=encode(body.arguments).decode(),
        author=caller.name,
    )
    services.worker.wake()
    return reply({"jobId": job.id, "createdAt": int(job.created)})


@router.get("")
async def list_jobs(
    services: CurrentServices, dataset: CurrentDataset, page: Paging, job_type: JobType, status: Status | None = None
) -> Response:
    """Newest first."""
    rows, total = await services.index.jobs.list(
        dataset.id, type_=job_type, status=status, offset=page.offset, limit=page.limit
    )
    return reply({"jobs": [_item(row) for row in rows], **page_members(page.offset, rows, total)})


@router.get("/{job_id}")
async def get_job(services: CurrentServices, dataset: CurrentDataset, job_id: str, job_type: JobType) -> Response:
    """Settled here: times are Unix seconds; an unknown job is `ResourceNotExist`."""
    return reply(_item(await services.index.jobs.get(dataset.id, job_type, job_id)))


@router.delete("/{job_id}")
async def delete_job(services: CurrentServices, dataset: CurrentDataset, job_id: str, job_type: JobType) -> Response:
    """Settled here: a job that has not ended is aborted; the draft of one that has succeeded stays."""
    await services.index.jobs.delete(dataset.id, job_type, job_id)
    services.worker.stop(job_id)
    return reply(OK)


@router.post("/{job_id}/abort")
async def abort_job(services: CurrentServices, dataset: CurrentDataset, job_id: str, job_type: JobType) -> Response:
    """Settled here: the draft it made is closed; a job that has ended is `Forbidden`."""
    await services.index.jobs.abort(dataset.id, job_type, job_id)
    services.worker.stop(job_id)
    return reply(OK)


@router.post("/{job_id}/retry")
async def retry_job(services: CurrentServices, dataset: CurrentDataset, job_id: str, job_type: JobType) -> Response:
    """Start again. Settled here: only an aborted or failed job, others are `Forbidden`."""
    await services.index.jobs.retry(dataset.id, job_type, job_id)
    services.worker.wake()
    return reply(OK)


def _arguments(arguments: dict[str, Any]) -> MergeArguments:
    try:
        return msgspec.convert(arguments, MergeArguments)
    except msgspec.ValidationError as error:
        kind = RequestParamsMissingError if "missing required field" in str(error) else InvalidParamsError
        raise kind(f"`arguments` of the job: {error}") from None


def _item(row: JobRow) -> dict[str, Any]:
    """Members that are not known yet are left out."""
    item: dict[str, Any] = {
        "jobId": row.id,
        "jobType": row.type,
        "title": row.title,
        "description": row.description,
        "arguments": msgspec.Raw(row.arguments.encode()),
        "status": row.status,
        "createdAt": int(row.created),
        "errorMessage": row.error,
    }
    for name, time in (("startedAt", row.started), ("finishedAt", row.finished)):
        if time is not None:
            item[name] = int(time)
    if row.result is not None:
        item["result"] = msgspec.Raw(row.result.encode())
    return item
