from __future__ import annotations

from fastapi import Response

from tensorbay.exception import ForbiddenError, ResourceNotExistError
from tensorbay.server.dependencies import CurrentCaller, CurrentServices
from tensorbay.server.index import CommitRef, DatasetRow
from tensorbay.server.jobs import SearchResult
from tensorbay.server.replies import OK, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.server.services import Services
from tensorbay.wire import SearchDatasetBody, decode

router = v1_router("/searchResults", "search results")


@router.post("/{job_id}/datasets")
async def create_dataset(
    services: CurrentServices, caller: CurrentCaller, job_id: str, body: SearchDatasetBody
) -> Response:
    """A dataset of the same type with what the search has found, as the first commit of its default branch.

    Settled here: it is usable when this returns; a name that is taken is a `NameConflict`; a search that has not
    succeeded is `Forbidden`; a result that is no longer kept is `ResourceNotExist`.
    """
    try:
        job = await services.index.jobs.find(job_id)
        source = await services.index.datasets.get(caller.team_id, job.dataset_id)
    except ResourceNotExistError:
        raise ResourceNotExistError(resource="search", identification=job_id) from None
    if job.type != "basicSearch" or job.result is None:
        raise ForbiddenError(f"Job {job_id} ({job.type}, {job.status}) has no search result.")
    found = decode(job.result.encode(), SearchResult)
    result = await services.index.datasets.get_result(caller.team_id, found.search_result_id)
    made = await services.index.datasets.create(
        caller.team_id,
        body.dataset_name,
        type=source.type,
        alias=body.alias,
        is_public=body.is_public,
        config_id=source.config_id,
    )
    try:
        await _fill(services, made, result, CommitRef(found.search_result_commit_id), caller.name)
    except BaseException:
        await services.index.datasets.delete(caller.team_id, made.id)
        raise
    return reply(OK)


async def _fill(services: Services, made: DatasetRow, result: DatasetRow, ref: CommitRef, author: str) -> None:
    contents, versions = services.index.contents, services.index.versions
    title = "Created from a search result"
    draft = await versions.create_draft(made.id, branch=made.default_branch, title=title, author=author)
    await contents.put_catalog(made.id, draft, await contents.get_catalog(result.id, ref))
    await contents.patch_notes(made.id, draft, await contents.get_notes(result.id, ref))
    offset, total = 0, 1
    while offset < total:
        segments, total = await contents.list_segments(result.id, ref, offset=offset)
        offset += len(segments)
        for segment in segments:
            await contents.copy_segment(
                made.id, draft, segment.name, source=segment.name, source_dataset_id=result.id, source_ref=ref
            )
    await versions.commit(made.id, draft, title=title, committer=author)
