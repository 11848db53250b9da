from __future__ import annotations

from fastapi import Response

from tensorbay.server.dependencies import CurrentDataset, CurrentServices, Paging
from tensorbay.server.index import BranchRow
from tensorbay.server.replies import OK, commit_members, page_members, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import ROOT_COMMIT_ID, NameBody, RevisionBody

router = v1_router("/datasets/{dataset_id}/branches", "branches")


@router.get("")
async def list_branches(
    services: CurrentServices, dataset: CurrentDataset, page: Paging, name: str | None = None
) -> Response:
    """In order of names. Settled here: `name` is an exact filter; no match is an empty list."""
    rows, total = await services.index.versions.list_branches(
        dataset.id, name=name, offset=page.offset, limit=page.limit
    )
    return reply({"branches": [_item(row) for row in rows], **page_members(page.offset, rows, total)})


@router.post("")
async def create_branch(services: CurrentServices, dataset: CurrentDataset, body: RevisionBody) -> Response:
    """Start a branch at a revision. `Forbidden` at the root. Settled here: a name that is taken is a `NameConflict`."""
    await services.index.versions.create_branch(dataset.id, body.name, body.commit)
    return reply(OK)


@router.delete("")
async def delete_branch(services: CurrentServices, dataset: CurrentDataset, body: NameBody) -> Response:
    """Commits stay readable by id.

    Settled here: the default branch and one with an open draft are `Forbidden`, an unknown one `ResourceNotExist`.
    """
    await services.index.versions.delete_branch(dataset.id, body.name)
    return reply(OK)


def _item(row: BranchRow) -> dict[str, object]:
    if row.commit is not None:
        return {"name": row.name, **commit_members(row.commit)}
    return {
        "name": row.name,
        "commitId": ROOT_COMMIT_ID,
        "parentCommitId": ROOT_COMMIT_ID,
        "title": None,
        "description": "",
        "committer": None,
    }
