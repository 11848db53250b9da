from __future__ import annotations

from fastapi import Response

from tensorbay.server.dependencies import CurrentCaller, CurrentDataset, CurrentServices, Paging
from tensorbay.server.replies import commit_members, page_members, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import CommitBody

router = v1_router("/datasets/{dataset_id}/commits", "commits")


@router.get("")
async def list_commits(services: CurrentServices, dataset: CurrentDataset, page: Paging, commit: str) -> Response:
    """The commit that `commit` (branch, tag or commit id) names and its ancestors, newest first, without the root.

    Settled here: an unknown revision is `ResourceNotExist`; on a name clash a branch goes before a tag before an id.
    """
    rows, total = await services.index.versions.list_commits(dataset.id, commit, offset=page.offset, limit=page.limit)
    return reply({"commits": [commit_members(row) for row in rows], **page_members(page.offset, rows, total)})


@router.post("")
async def create_commit(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, body: CommitBody
) -> Response:
    """Make the draft the new head of its branch, and optionally name it with a tag, all or nothing.

    Settled here: a tag that exists is a `NameConflict`; a draft of a branch that has moved since is `Forbidden`; the
    draft stays open in both cases. Of two that commit one draft the second is `Forbidden`. A draft without changes
    makes another commit.
    """
    row = await services.index.versions.commit(
        dataset.id,
        body.draft_number,
        title=body.title,
        description=body.description,
        committer=caller.name,
        tag=body.tag,
    )
    return reply({"commitId": row.commit_id})
