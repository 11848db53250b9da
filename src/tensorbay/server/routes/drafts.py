from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query, Response

from tensorbay.exception import InvalidParamsError
from tensorbay.server.dependencies import (
    MAX_NUMBER,
    CurrentCaller,
    CurrentDataset,
    CurrentServices,
    Paging,
)
from tensorbay.server.index import DraftRow
from tensorbay.server.replies import OK, page_members, reply, stamp
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import DraftBody, DraftPatch

router = v1_router("/datasets/{dataset_id}/drafts", "drafts")

DraftNumber = Annotated[int, Path(ge=1, le=MAX_NUMBER)]


@router.get("")
async def list_drafts(
    services: CurrentServices,
    dataset: CurrentDataset,
    page: Paging,
    status: Literal["OPEN", "CLOSED", "COMMITTED", "ALL"] = "OPEN",
    branch_name: Annotated[str | None, Query(alias="branchName")] = None,
) -> Response:
    """In ascending order of numbers. Settled here: without `status` the open ones; unknown branch: an empty list."""
    rows, total = await services.index.versions.list_drafts(
        dataset.id,
        status=None if status == "ALL" else status,
        branch=branch_name,
        offset=page.offset,
        limit=page.limit,
    )
    return reply({"drafts": [_item(row) for row in rows], **page_members(page.offset, rows, total)})


@router.post("")
async def create_draft(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, body: DraftBody
) -> Response:
    """A draft to work on.

    Settled here: it begins as a copy of the branch's head, with segments, data, labels, catalog, sensors and notes; a
    branch has one open draft at most, a second one is `InvalidParamsValue`; an unknown branch is `ResourceNotExist`.
    """
    number = await services.index.versions.create_draft(
        dataset.id,
        branch=body.branch_name,
        title=body.title,
        description=body.description,
        author=caller.name,
    )
    return reply({"draftNumber": number})


@router.patch("/{number}")
async def update_draft(
    services: CurrentServices, dataset: CurrentDataset, number: DraftNumber, body: DraftPatch
) -> Response:
    """Change title or description, or close the draft with `{"status": "CLOSED"}`.

    Settled here: a draft that is not open is `Forbidden`; closing and changing go in separate calls.
    """
    versions = services.index.versions
    if body.status is None:
        await versions.update_draft(dataset.id, number, title=body.title, description=body.description)
    elif body.title is None and body.description is None:
        await versions.close_draft(dataset.id, number)
    else:
        raise InvalidParamsError("Give `status`, or `title` and `description`, not both.")
    return reply(OK)


def _item(row: DraftRow) -> dict[str, object]:
    return {
        "number": row.number,
        "title": row.title,
        "branchName": row.branch,
        "status": row.status,
        "parentCommitId": row.parent_id,
        "author": stamp(row.author, row.created),
        "updatedAt": int(row.updated),
        "description": row.description,
    }
