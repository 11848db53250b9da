from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from fastapi import Query, Response

from tensorbay.exception import InvalidParamsError, RequestParamsMissingError
from tensorbay.server.dependencies import CurrentCaller, CurrentDataset, CurrentServices, Paging
from tensorbay.server.index import JobRow
from tensorbay.server.jobs import MergeArguments, SearchArguments, make_match, progress_of
from tensorbay.server.replies import OK, page_members, reply
from tensorbay.server.routes._routers import v1_router, v2_router
from tensorbay.wire import JobBody, encode

router = v1_router("/datasets/{dataset_id}/jobs", "jobs")
router_v2 = v2_router("/datasets/{dataset_id}/jobs", "jobs")

JobType = Annotated[Literal["squashAndMerge", "basicSearch", "verify"], Query(alias="jobType")]
T = TypeVar("T")
Status = Literal["QUEUING", "PROCESSING", "SUCCESS", "FAILED", "ABORTED", "FAIL", "ABORT"]

# As the documentation of 1.x spells them.
_SPELLED = {"FAIL": "FAILED", "ABORT": "ABORTED"}


@router.post("")
async def create_job(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, body: JobBody
) -> Response:
    """Squash and merge, or basic search.

    The first makes a draft of the target branch with what the source branch changed since their common ancestor.

    Settled here: what both branches changed is a conflict, data by data, and so are the same sensor, the catalog and
    the notes; a segment that one side deleted and the other changed is one conflict. "override" takes the source's,
    "skip" the target's, "abort" succeeds with a draft that is the target as it was if there is any conflict. A target
    branch with an open draft makes the job fail. Wrong arguments and unknown branches are refused at once.

    The second finds the data of a commit that match all filters ("and") or one of them ("or"), and everything without
    filters; with unit "frame" whole frames of fusion datasets. Sizes are in bytes; `like` finds a part of the path or
    frame id; a category and an attribute are those of one label of the type `extraInfo.labelType`, or of any without
    it; all attributes have to be there, each with one of the values. The five newest results of a dataset are kept.
    """
    if body.job_type == "basicSearch":
        search = _arguments(body.arguments, SearchArguments)
        make_match(search)
        await services.index.versions.resolve(dataset.id, search.commit)
    else:
        merge = _arguments(body.arguments, MergeArguments)
        for branch in (merge.source_branch_name, merge.target_branch_name):
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
@router_v2.get("")
async def list_jobs(
    services: CurrentServices, dataset: CurrentDataset, page: Paging, job_type: JobType, status: Status | None = None
) -> Response:
    """Settled here: newest first; the documentation of 1.x says "FAIL" and "ABORT", so these do too."""
    wanted = None if status is None else _SPELLED.get(status, status)
    rows, total = await services.index.jobs.list(
        dataset.id, type_=job_type, status=wanted, offset=page.offset, limit=page.limit
    )
    return reply({"jobs": [_item(row) for row in rows], **page_members(page.offset, rows, total)})


@router.get("/{job_id}")
@router_v2.get("/{job_id}")
async def get_job(services: CurrentServices, dataset: CurrentDataset, job_id: str, job_type: JobType) -> Response:
    """Settled here: members that are not known yet are left out; an unknown job is `ResourceNotExist`."""
    return reply(_item(await services.index.jobs.get(dataset.id, job_type, job_id)))


@router.delete("/{job_id}")
@router_v2.delete("/{job_id}")
async def delete_job(services: CurrentServices, dataset: CurrentDataset, job_id: str, job_type: JobType) -> Response:
    """Settled here: a job that has not ended is aborted; the draft of one that has succeeded stays."""
    await services.index.jobs.delete(dataset.id, job_type, job_id)
    services.worker.stop(job_id)
    return reply(OK)


@router.post("/{job_id}/abort")
@router_v2.post("/{job_id}/abort")
async def abort_job(services: CurrentServices, dataset: CurrentDataset, job_id: str, job_type: JobType) -> Response:
    """Settled here: the draft it made is closed; a job that has ended is `Forbidden`."""
    await services.index.jobs.abort(dataset.id, job_type, job_id)
    services.worker.stop(job_id)
    return reply(OK)


@router.post("/{job_id}/retry")
@router_v2.post("/{job_id}/retry")
async def retry_job(services: CurrentServices, dataset: CurrentDataset, job_id: str, job_type: JobType) -> Response:
    """Start again. Settled here: only an aborted or failed job, others are `Forbidden`; searches too.

    A verification goes on where it was.
    """
    await services.index.jobs.retry(dataset.id, job_type, job_id)
    services.worker.wake()
    return reply(OK)


def _arguments(arguments: dict[str, Any], type_: type[T]) -> T:
    try:
        return msgspec.convert(arguments, type_)
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
    if (progress := progress_of(row)) is not None:
        item["progress"] = progress
    return item
